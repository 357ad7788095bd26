import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { tailLog } from '../../../src/redis/devices/tail.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A tail of a Redis whose answers take so long, in milliseconds, and how often it failed. */
function tailOf(answersAfterMs: number) {
  const failures: unknown[] = [];
  const reader = {
    read: () => new Promise((resolve) => void setTimeout(resolve, answersAfterMs, null)),
    close: () => undefined,
  };
  const tail = tailLog({
    log: 'log',
    reader,
    connect: async () => reader,
    timeoutMs: 20,
    ready: async () => undefined,
    position: () => 0,
    accept: async () => undefined,
    connected: () => undefined,
    failed: (error) => void failures.push(error),
  });
  return { tail, failures };
}

it('the log is read on where Redis, which looks at those that wait ten times a second, answers late that there is no news', async () => {
  const { tail, failures } = tailOf(1_150);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(failures).toEqual([]);
  tail.stop();
});

it('the log is silent where Redis does not answer within half a second of that', async () => {
  const { tail, failures } = tailOf(60_000);
  await vi.advanceTimersByTimeAsync(1_600);
  expect(failures.map(String)).toEqual(['Error: the log is silent']);
  tail.stop();
});
