import { readEntry, type AccessList, type Entry } from '../gate/access/access-list.js';
import { FollowedList } from '../gate/access/followed-list.js';
import { integer, knownOptions, optionalFunction } from '../options.js';
import { followSet } from './follow-set.js';
import { createSend, type RedisClient, type RedisOptions } from './redis-client.js';
import { versionedSet } from './versioned-set.js';

/** How a shared list is followed. */
export interface RedisListOptions extends RedisOptions {
  /** How often it is looked whether the list changed, in milliseconds. 100 to 3 600 000 (an hour). Default 5 000 (five seconds). */
  refreshMs?: number | undefined;
  /** Called with the list's size after every change. Default: nothing is called. */
  onChange?: ((size: number) => void) | undefined;
}

/** A list that follows a set in Redis. */
export interface RedisList extends AccessList {
  /**
   * Adds entries for all nodes, and waits until this one has them. Wallets and devices are stored in their standard form. A
   * text that begins with `#` is a comment.
   * @returns a promise of how many were not in the set. It rejects with a TypeError for a wrong entry, and with an Error if
   *   Redis fails or has lost a set that this process knows; then nothing was added, unless there are more than 5 000.
   */
  add(...entries: string[]): Promise<number>;
  /**
   * Removes entries for all nodes, in whatever form they stand in the set, and waits until this one has not got them.
   * @returns a promise of how many members that were. It rejects as `add` does, but not for a wrong entry.
   */
  remove(...entries: string[]): Promise<number>;
  /** Fetches it now. Never rejects: `onError` is called with what goes wrong, and the list stays as it was. */
  refresh(): Promise<void>;
  /** Stops following; the list stays as it is. Following does not keep the process alive. */
  close(): void;
}

/** How many members one command changes. */
const PORTION = 5_000;

/**
 * Makes a list of the members of a Redis set, the same on all nodes. Look-ups are in-process; the set is followed in the
 * background. `add` and `remove` raise a version beside the set, `{<key>}:version`, which is all that is read at every
 * `refreshMs`, with the number of members. So changes by hand, `SADD denied 0x…`, are found as soon; one that leaves the number
 * as it is, within twelve times `refreshMs`. A long list is read in slices, so that calls go on meanwhile.
 *
 * A wrong member is reported and left out. While Redis is away, the last good list stays in force. So it does when the set that
 * had members is gone, or its version is gone or older than it was, which a Redis that lost its data looks like. To empty a list,
 * `remove` its entries, or leave a member that begins with `#` in it.
 * @returns a promise that rejects if the first fetch fails.
 * @throws TypeError if the client is none, or an option is wrong.
 * @example
 * ```ts
 * import { createGate } from 'grpc-wallet-auth/gate';
 * import { redisList } from 'grpc-wallet-auth/redis';
 * import { Redis } from 'ioredis';
 *
 * const denied = await redisList(new Redis(), 'denied');
 * const gate = createGate({ access: { deny: denied } });
 * await denied.add('203.0.113.0/24'); // on all nodes
 * ```
 */
export function redisList(client: RedisClient, key: string, options: RedisListOptions = {}): Promise<RedisList> {
  knownOptions(options, ['refreshMs', 'onChange', 'timeoutMs', 'onError']);
  if (typeof key !== 'string' || key === '') throw new TypeError('key must be the name of a Redis set');
  const send = createSend(client, { ...options, onError: () => undefined }, 0);
  const hooks = {
    onChange: optionalFunction('onChange', options.onChange) ?? (() => undefined),
    onError: optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error)),
  };
  const refreshMs = integer('refreshMs', options.refreshMs, 5_000, 100, 3_600_000);
  const set = versionedSet(send, key);
  const list = new FollowedList(hooks);

  async function follow(): Promise<RedisList> {
    const { refresh, knownVersion, stop } = await followSet(set, key, list, refreshMs);

    async function change(command: 'SADD' | 'SREM', members: readonly string[]): Promise<number> {
      let changed = 0;
      for (let start = 0; start < members.length; start += PORTION) {
        const count = await set.change(command, members.slice(start, start + PORTION), knownVersion());
        if (count < 0) throw new Error(`redisList: ${key}: the store has lost the set that this process knows`);
        changed += count;
      }
      await refresh();
      return changed;
    }

    return Object.assign(list.attach(stop), {
      refresh,
      add: async (...entries: string[]) => change('SADD', entries.map(standardForm)),
      async remove(...entries: string[]) {
        const read = entries.map(entryOrNothing).filter((entry) => entry !== undefined);
        const standard = read.filter((entry) => typeof entry === 'string');
        return change('SREM', [...new Set([...entries.map(String), ...standard, ...(await list.textsOf(read))])]);
      },
    });
  }
  return follow();
}

function entryOrNothing(text: string): Entry | undefined {
  try {
    return readEntry(text, () => '');
  } catch {
    return undefined;
  }
}

/** The form in which an entry is stored. @throws TypeError if it is none. */
function standardForm(text: string): string {
  if (typeof text === 'string' && text.startsWith('#')) return text;
  const entry = readEntry(text, () => 'redisList.add');
  return typeof entry === 'string' ? entry : text;
}
