import type { FollowedList } from '../gate/access/followed-list.js';
import type { SetState, VersionedSet } from './versioned-set.js';

/** Following of a set. */
export interface SetFollower {
  /** Reads the set, whatever its version; not while it is being read already. Never rejects. */
  readonly refresh: () => Promise<void>;
  /** The version that the list has. */
  readonly knownVersion: () => number | undefined;
  /** Stops following. */
  readonly stop: () => void;
}

/** Every so many polls a set is read whether its state changed or not: one member may have been replaced by another. */
const POLLS_PER_SCAN = 12;

/**
 * Keeps a list as a set is.
 * @returns a promise that rejects if the set cannot be read at first.
 */
export async function followSet(
  set: VersionedSet,
  key: string,
  list: FollowedList,
  refreshMs: number,
): Promise<SetFollower> {
  /** The state of the set that the list has. */
  let known: SetState = { version: undefined, count: 0 };
  let quietPolls = 0;
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;

  async function poll(): Promise<void> {
    const state = await set.state();
    checkStore(state);
    const isSame = state.version === known.version && state.count === known.count;
    if (!isSame || ++quietPolls >= POLLS_PER_SCAN) await scan();
  }

  async function scan(): Promise<void> {
    const { version, members } = await set.scan();
    const state = { version, count: members.size };
    checkStore(state);
    await list.take({ entries: entriesIn(members), nameOf: () => `redisList: ${key}`, leavesOutWrong: true });
    known = state;
    quietPolls = 0;
  }

  /** @throws Error if the set looks like one that a store has lost. */
  function checkStore(state: SetState): void {
    const fault = faultOf(state);
    if (fault !== undefined) throw new Error(`redisList: ${key} ${fault}; the last list stays`);
  }

  function faultOf({ version, count }: SetState): string | undefined {
    if (known.version !== undefined) {
      if (version === undefined) return 'has lost its version: an unknown store';
      if (version < known.version) return 'is older than the last list';
    }
    return count === 0 && known.count > 0 && version === known.version ? 'is gone' : undefined;
  }

  function run(work: () => Promise<void>): Promise<void> {
    running = work()
      .catch((error: unknown) => list.keep(error))
      .finally(() => (running = undefined));
    return running;
  }

  function refresh(): Promise<void> {
    waiting ??= Promise.resolve(running).then(() => {
      waiting = undefined;
      return run(scan);
    });
    return waiting;
  }

  await scan();
  const timer = setInterval(() => void (running ?? waiting ?? run(poll)), refreshMs);
  timer.unref();
  return { refresh, knownVersion: () => known.version, stop: () => clearInterval(timer) };
}

/** @yields the entry in each member, nothing for a comment: one that begins with `#`. */
function* entriesIn(members: Iterable<string>): Generator<string> {
  for (const member of members) yield member.startsWith('#') ? '' : member;
}
