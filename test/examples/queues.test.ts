import { describe, expect, it } from 'vitest';

import { play } from '../../examples/queues/play.js';
import { queuesByDevice, queuesByTokenHash } from '../../examples/queues/queues.js';
import { isAsExpected, type Outcomes } from '../../examples/queues/report.js';
import { runExample } from '../support/run-example.js';

describe('a message that is queued while the token of its device is renewed', () => {
  it('is delivered where queues belong to devices; a log-out releases the queue', async () => {
    expect(await play(queuesByDevice)).toEqual({ renewals: 1, lost: [], queuesLeft: 0 });
  });

  it('is lost where queues belong to hashes of tokens; two queues are left over', async () => {
    expect(await play(queuesByTokenHash)).toEqual({ renewals: 1, lost: ['during'], queuesLeft: 2 });
  });
});

describe('`npm run queues`', () => {
  it('prints which of the two lost which message, and exits with 0', async () => {
    const { status, stdout, stderr } = await runExample('queues');
    expect(stderr).toBe('');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['renewals of the token', '1', '1'],
      ['message before the renewal', 'delivered', 'delivered'],
      ['message during the renewal', 'delivered', 'LOST'],
      ['message after the renewal', 'delivered', 'delivered'],
      ['queues after the log-out', '0', '2'],
    ]);
    expect(status).toBe(0);
  }, 30_000);

  const good: Outcomes = {
    byDevice: { renewals: 1, lost: [], queuesLeft: 0 },
    byTokenHash: { renewals: 1, lost: ['during'], queuesLeft: 2 },
  };
  const { byDevice, byTokenHash } = good;

  it.each<[string, Outcomes]>([
    ['a message is lost by device', { ...good, byDevice: { ...byDevice, lost: ['during'] } }],
    ['none is lost by token', { ...good, byTokenHash: { ...byTokenHash, lost: [] } }],
    ['another one is lost by token', { ...good, byTokenHash: { ...byTokenHash, lost: ['during', 'after'] } }],
    ['no token was renewed', { ...good, byTokenHash: { ...byTokenHash, renewals: 0 } }],
    ['a queue of the device is left over', { ...good, byDevice: { ...byDevice, queuesLeft: 1 } }],
  ])('is not as expected if %s', (_, outcomes) => {
    expect(isAsExpected(good)).toBe(true);
    expect(isAsExpected(outcomes)).toBe(false);
  });
});
