import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { withTimeLimit } from '../src/time-limit.js';

const late = () => new Error('too late');

describe('withTimeLimit', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('passes on an answer and leaves no timer', async () => {
    await expect(withTimeLimit(Promise.resolve(7), 50, late)).resolves.toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('works where timers are numbers, as in browsers', async () => {
    vi.spyOn(globalThis, 'setTimeout').mockReturnValueOnce(5 as never);
    await expect(withTimeLimit(longWay(7), 50, late)).resolves.toBe(7);
  });

  it('passes on a rejection and leaves no timer', async () => {
    const error = new Error('mine');
    await expect(withTimeLimit(Promise.reject(error), 50, late)).rejects.toBe(error);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives up when the time is up and not before', async () => {
    let outcome: unknown;
    void withTimeLimit(new Promise(() => undefined), 50, late).catch((error: unknown) => (outcome = error));
    await vi.advanceTimersByTimeAsync(49);
    expect(outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome).toEqual(late());
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes anything with a then method', async () => {
    const thenable = { then: (resolve: (value: number) => void) => resolve(7) } as PromiseLike<number>;
    await expect(withTimeLimit(thenable, 50, late)).resolves.toBe(7);
  });
});

/** A promise that needs some turns of the microtask queue, so that anything that fails at once would be there first. */
async function longWay<T>(value: T): Promise<T> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
  return value;
}
