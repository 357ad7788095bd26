import { messages, type Outcome } from './play.js';

/** What the same program made of the same messages. */
export interface Outcomes {
  readonly byDevice: Outcome;
  readonly byTokenHash: Outcome;
}

/** Whether the queues by token lost the message that came during the renewal, and are left over, and nothing else went wrong. */
export function isAsExpected({ byDevice, byTokenHash }: Outcomes): boolean {
  return (
    byDevice.renewals === 1 &&
    byTokenHash.renewals === 1 &&
    byDevice.lost.length === 0 &&
    byTokenHash.lost.join() === 'during' &&
    byDevice.queuesLeft === 0 &&
    byTokenHash.queuesLeft === 2
  );
}

/** The outcomes side by side, for people. */
export function tableOf({ byDevice, byTokenHash }: Outcomes): string {
  const both = [byDevice, byTokenHash];
  const rows = [
    ['', 'queues by device', 'queues by SHA-256 of the token'],
    ['renewals of the token', ...both.map(({ renewals }) => String(renewals))],
    ...messages.map((text) => [
      `message ${text} the renewal`,
      ...both.map(({ lost }) => (lost.includes(text) ? 'LOST' : 'delivered')),
    ]),
    ['queues after the log-out', ...both.map(({ queuesLeft }) => String(queuesLeft))],
  ];
  return rows.map(([what = '', left = '', right = '']) => `${what.padEnd(28)}${left.padEnd(20)}${right}`).join('\n');
}
