import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { followLog, type StoreState } from '../../../src/redis/devices/follow-log.js';
import type { Reader } from '../../../src/redis/devices/reader.js';
import { aListener } from './a-node.js';

describe('following a log', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  /** A log that is silent, by connections that are written down with where they read from. */
  function follower(states: StoreState[]) {
    const readers: { readonly from: string[]; isClosed: boolean }[] = [];
    const { listener, heard } = aListener();
    const errors: Error[] = [];
    const followed = followLog({
      log: 'log',
      timeoutMs: 200,
      listener,
      async connect(): Promise<Reader> {
        const reader = { from: [] as string[], isClosed: false };
        readers.push(reader);
        return {
          read(_key, command) {
            reader.from.push(command.at(-1) ?? '');
            return new Promise(() => undefined);
          },
          close: () => void (reader.isClosed = true),
        };
      },
      async ask() {
        const state = states.length > 1 ? states.shift() : states[0];
        if (state === undefined) throw new Error('away');
        return state;
      },
      async *revokedSince() {
        yield { texts: [], first: undefined, last: undefined };
      },
      join: () => Promise.resolve(),
      onError: (error) => errors.push(error),
    });
    return { followed, readers, heard, errors };
  }

  const state = (seq: number, tip: string): StoreState => ({
    birth: 'b',
    seq,
    tip,
    backlog: { pending: 0, oldestMs: 0 },
  });

  it('reads on from where a store that has lost its log is now, at once', async () => {
    const { followed, readers, heard } = follower([state(5, 'a'), state(1, 'b')]);
    await followed.open();
    await vi.advanceTimersByTimeAsync(999);
    expect(readers).toEqual([{ from: ['5-0'], isClosed: false }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(heard.calls.slice(0, 3)).toEqual(['fresh', 'lost', 'fresh']);
    await vi.advanceTimersByTimeAsync(0);
    expect(readers).toEqual([
      { from: ['5-0'], isClosed: true },
      { from: ['1-0'], isClosed: false },
    ]);
    followed.close();
  });

  it('drops a connection that does not answer beyond the time that it waits, and reports that once', async () => {
    const { followed, readers, errors } = follower([state(0, '')]);
    await followed.open();
    await vi.advanceTimersByTimeAsync(1_699);
    expect(readers).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(21);
    expect(readers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(readers.length).toBeGreaterThan(3);
    expect(errors.map(({ message }) => message)).toEqual(['the log is silent']);
    followed.close();
    expect(readers.at(-1)?.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1); // the time limit of the last answer
  });
});
