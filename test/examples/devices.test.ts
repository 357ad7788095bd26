import { expect, it } from 'vitest';

import { runExample } from '../support/run-example.js';

it('`npm run devices`: two devices of a wallet, a renewal, a stream cut, a device logged out by the other one', async () => {
  const { status, stdout, stderr } = await runExample('devices');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^[\n -~]*$/);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.slice(2, -2).map((line) => line.split(/ {2,}/))).toEqual([
    ['00:00', 'phone', 'makes its first call', 'admitted; phone first-seen'],
    ['00:00', 'phone', 'gives itself a name', 'done'],
    ['00:01', 'laptop', 'makes its first call', 'admitted; laptop first-seen'],
    ['00:01', 'laptop', 'gives itself a name', 'done'],
    ['00:01', 'phone', 'opens a stream', 'hello'],
    ['00:01', 'laptop', 'opens a stream', 'hello'],
    ['00:01', 'phone', 'lists the devices', 'laptop (1 stream), phone (1 stream, caller)'],
    ['00:55', 'phone', 'calls; its token was due', 'admitted; phone renewed'],
    ['01:02', 'laptop', 'did not call: its stream is cut', 'TOKEN_EXPIRED; laptop lapsed'],
    ['01:02', 'phone', 'goes on with its first stream', 'still here'],
    ['01:03', 'laptop', 'comes back with a new token', 'admitted; laptop returned'],
    ['01:03', 'laptop', 'opens another stream', 'back'],
    ['01:03', 'phone', 'logs the laptop out', 'changed; laptop revoked'],
    ['01:03', 'laptop', 'loses its stream', 'DEVICE_REVOKED'],
    ['01:03', 'laptop', 'calls once more', 'DEVICE_REVOKED'],
    ['01:03', 'phone', 'lists the devices', 'phone (1 stream, caller)'],
    ['01:03', 'phone', 'goes on with its first stream', 'bye'],
  ]);
  expect(lines.at(-1)).toBe('17 of 17 steps came out as expected.');
  expect(status).toBe(0);
}, 30_000);
