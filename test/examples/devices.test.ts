import { expect, it } from 'vitest';

import { redisIsMissing } from '../support/redis-server.js';
import { runExample } from '../support/run-example.js';

it('`npm run devices`: two devices of a wallet on one node, and on three that share a Redis', async () => {
  const { status, stdout, stderr } = await runExample('devices');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^[\n -~]*$/);
  const lines = stdout.trimEnd().split('\n');
  const rows = lines.map((line) => line.split(/ {2,}/));
  expect(rows.slice(2, 19)).toEqual([
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
  const expected = [
    ['phone', 'makes its first call, on oslo', 'admitted; first-seen on oslo'],
    ['phone', 'calls on every node', 'admitted, admitted, admitted'],
    ['laptop', 'makes its first call, on bern', 'admitted; first-seen on bern'],
    ['laptop', 'opens a stream on bern', 'hello'],
    ['phone', 'logs the laptop out, on oslo', 'changed; revoked on bern; revoked on lima; revoked on oslo'],
    ['laptop', 'loses its stream on bern', 'DEVICE_REVOKED'],
    ['laptop', 'calls on every node', 'DEVICE_REVOKED, DEVICE_REVOKED, DEVICE_REVOKED'],
    ['redis', 'dies; another one is empty', 'started'],
    ['laptop', 'calls on every node', 'DEVICE_REVOKED, DEVICE_REVOKED, DEVICE_REVOKED'],
    ['nodes', 'put back what is revoked', 'done'],
    ['rome', 'joins as a fourth node', 'started'],
    ['laptop', 'calls on rome', 'DEVICE_REVOKED'],
    ['phone', 'calls on rome', 'admitted'],
  ];
  const isThere = !redisIsMissing;
  expect(rows.slice(22, -2).map(([, ...row]) => row)).toEqual(isThere ? expected : []);
  const steps = isThere ? 30 : 17;
  expect(lines.at(-1)).toBe(`${steps} of ${steps} steps came out as expected.`);
  expect(status).toBe(0);
}, 30_000);
