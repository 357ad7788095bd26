import { MessageChannel } from 'node:worker_threads';

import { describe, expect, it } from 'vitest';

import { systemTurn, turnsOf } from '../src/next-turn.js';

/** What a turn is awaited by; microtasks and everything before are over when it resolves. */
const ways = {
  'the system': systemTurn,
  setImmediate: turnsOf({ setImmediate }),
  'a message': turnsOf({ MessageChannel }),
  'a timer': turnsOf({}),
};

describe('the next turn of the event loop', () => {
  it.each(Object.entries(ways))('comes once, after microtasks, by %s', async (_, nextTurn) => {
    const seen: string[] = [];
    const turn = new Promise<void>((resolve) => {
      nextTurn(() => {
        seen.push('turn');
        resolve();
      });
    });
    seen.push('at once');
    queueMicrotask(() => seen.push('microtask'));
    await turn;
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['at once', 'microtask', 'turn']);
  });
});
