import type { Backlog, StoreListener } from '../../devices/store.js';
import type { LogEntry } from './answers.js';
import { readFacts } from './facts.js';
import type { Revoked, RevokedPage } from './load.js';
import { createProgress, type Position } from './progress.js';
import type { Reader } from './reader.js';
import { tailLog, type Tail } from './tail.js';

/** What the store answers when it is asked how far it is. */
export interface StoreState extends Position {
  /** Tells what it has from what it had before it lost everything. */
  readonly birth: string;
  readonly backlog: Backlog;
}

/** What a follower stands on. */
export interface FollowerParts {
  readonly log: string;
  readonly timeoutMs: number;
  readonly listener: StoreListener;
  connect(): Promise<Reader>;
  ask(): Promise<StoreState>;
  /** What is revoked from a number on. */
  revokedSince(seq: number): AsyncIterable<RevokedPage>;
  /** Makes known again what this node needs, in a store that has lost it. */
  join(): Promise<void>;
  /** Called once for each outage. */
  onError(error: Error): void;
}

/** Tells a node what changes in the store. */
export interface Follower {
  /** Resolves when all revocations were told. It may be called again if it rejects. */
  open(): Promise<void>;
  close(): void;
}

/** How often the store is asked how far it is. */
const ASK_MS = 1_000;

/**
 * Follows a log that may be lost, in whole or in part. The log wakes this node; each second it asks the store how far it is.
 * Where the log has a gap, what is revoked is read from the set that the store keeps; where the store is behind this node, or
 * has another history, it has lost something: everything is read again.
 */
export function followLog(parts: FollowerParts): Follower {
  const { listener, timeoutMs } = parts;
  const progress = createProgress();
  /** The newest revocation that is known by its number: where it is another, so is the history. */
  let anchor: Revoked = { seq: 0, text: '' };
  let birth = '';
  let tail: Tail | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let checking: Promise<void> | undefined;
  /** Odd while one is going on. */
  let repairs = 0;
  let hasGap = false;
  const failing = new Set<'tail' | 'question'>();
  let isClosed = false;

  function tell(texts: readonly string[]): void {
    const facts = readFacts(texts);
    if (facts.length > 0) listener.revoked(facts);
  }

  /** Tells what follows on the position. @returns whether all did. */
  function follow(entries: readonly LogEntry[]): boolean {
    let { seq, tip } = progress.position;
    const next = entries.filter((entry) => entry.seq > seq);
    const gap = next.findIndex((entry) => {
      if (entry.seq !== seq + 1 || entry.previous !== tip) return true;
      ({ seq, nonce: tip } = entry);
      return false;
    });
    const good = gap < 0 ? next : next.slice(0, gap);
    const revoked = good.filter(({ kind }) => kind === 'r');
    tell(revoked.map(({ value }) => value));
    const purged = good.filter(({ kind }) => kind === 'p').map(({ value }) => value);
    if (purged.length > 0) listener.purged(purged);
    const last = revoked.at(-1);
    if (last !== undefined) anchor = { seq: last.seq, text: last.value };
    for (const entry of good) progress.advance({ seq: entry.seq, tip: entry.nonce });
    return gap < 0;
  }

  /** Tells all that is revoked, and goes where the store was before. */
  async function load(state: StoreState): Promise<void> {
    let last: Revoked = { seq: 0, text: '' };
    for await (const page of parts.revokedSince(0)) {
      tell(page.texts);
      last = page.last ?? last;
    }
    anchor = last;
    birth = state.birth;
    progress.jump(state);
  }

  /** Tells what was revoked since the anchor. @returns whether the store still has that. */
  async function catchUp(state: StoreState): Promise<boolean> {
    let last = anchor;
    let isFirst = true;
    for await (const page of parts.revokedSince(anchor.seq)) {
      const isSame = page.first?.seq === anchor.seq && page.first.text === anchor.text;
      if (isFirst && anchor.seq > 0 && !isSame) return false;
      isFirst = false;
      tell(page.texts);
      last = page.last ?? last;
    }
    anchor = last;
    progress.jump(state);
    listener.missed();
    return true;
  }

  async function reload(): Promise<void> {
    listener.lost();
    await parts.join();
    await load(await parts.ask());
    tail?.restart(); // it waits for entries that are far away
  }

  async function repair(state: StoreState, isLost: boolean): Promise<void> {
    repairs++;
    try {
      if (isLost || !(await catchUp(state))) await reload();
    } finally {
      repairs++;
    }
  }

  async function ask(): Promise<void> {
    const before = progress.position.seq;
    progress.mark();
    const askedAtMs = performance.now();
    const state = await parts.ask();
    if (isClosed) return;
    if (state.seq > progress.position.seq) {
      listener.behind(state.seq - progress.position.seq);
      if (!hasGap) await progress.reached(state.seq, timeoutMs);
    }
    const isAhead = state.seq > progress.position.seq;
    const isBehind = !isAhead && (state.seq < before || progress.tipAt(state.seq) !== state.tip);
    const isLost = isBehind || state.birth !== birth;
    if (isAhead || isLost) await repair(state, isLost);
    hasGap = false;
    if (isClosed) return;
    listener.fresh({ agoMs: performance.now() - askedAtMs, backlog: state.backlog });
    failing.delete('question');
  }

  /** Asks, unless that is going on. Never rejects. */
  function check(): Promise<void> {
    if (isClosed) return Promise.resolve();
    checking ??= ask()
      .catch((error: unknown) => failed('question', error))
      .finally(() => (checking = undefined));
    return checking;
  }

  async function accept(entries: readonly LogEntry[], repairsBefore: number): Promise<void> {
    failing.delete('tail');
    if (isClosed || repairs !== repairsBefore || follow(entries)) return;
    hasGap = true;
    progress.stopWaiting();
    await check();
  }

  function failed(what: 'tail' | 'question', error: unknown): void {
    const isNews = failing.size === 0 && !isClosed;
    failing.add(what);
    if (isNews) parts.onError(error as Error);
  }

  function startTail(reader: Reader): Tail {
    let repairsBefore = repairs;
    return tailLog({
      ...parts,
      reader,
      ready: async () => (repairs % 2 === 1 ? checking : undefined),
      position() {
        repairsBefore = repairs;
        return progress.position.seq;
      },
      accept: (entries) => accept(entries, repairsBefore),
      connected: () => void check(),
      failed: (error) => failed('tail', error),
    });
  }

  return {
    async open() {
      const reader = await parts.connect();
      try {
        await parts.join();
        const askedAtMs = performance.now();
        const state = await parts.ask();
        await load(state);
        if (isClosed) return reader.close();
        listener.fresh({ agoMs: performance.now() - askedAtMs, backlog: state.backlog });
      } catch (error) {
        reader.close();
        throw error;
      }
      tail = startTail(reader);
      timer = setInterval(() => void check(), ASK_MS);
      timer.unref();
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      progress.stopWaiting();
      tail?.stop();
    },
  };
}
