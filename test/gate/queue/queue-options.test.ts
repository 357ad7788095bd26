import { describe, expect, it } from 'vitest';

import { createGate } from '../../../src/gate/create-gate.js';
import { verificationQueueSettings, type VerificationQueueOptions } from '../../../src/gate/queue/queue-options.js';

describe('verificationQueue', () => {
  it('is on by default, with room for 1 000 tokens and a slice of 1 ms', () => {
    const defaults = { maxWaiting: 1_000, sliceMs: 1 };
    expect(verificationQueueSettings()).toEqual(defaults);
    expect(verificationQueueSettings({})).toEqual(defaults);
    expect(verificationQueueSettings({ sliceMs: 5 })).toEqual({ maxWaiting: 1_000, sliceMs: 5 });
  });

  it('is off where it is false', () => {
    expect(verificationQueueSettings(false)).toBeUndefined();
  });

  it.each([true, null, 0, 'off', []])('must be false or an object, not %j', (value) => {
    expect(() => createGate({ verificationQueue: value as never })).toThrow(
      new TypeError('verificationQueue must be false or { maxWaiting, sliceMs }'),
    );
  });

  it.each<[string, VerificationQueueOptions]>([
    ['verificationQueue.maxWaiting must be an integer from 1 to 10000', { maxWaiting: 0 }],
    ['verificationQueue.maxWaiting must be an integer from 1 to 10000', { maxWaiting: 10_001 }],
    ['verificationQueue.maxWaiting must be an integer from 1 to 10000', { maxWaiting: '5' as never }],
    ['verificationQueue.sliceMs must be an integer from 1 to 100', { sliceMs: 0 }],
    ['verificationQueue.sliceMs must be an integer from 1 to 100', { sliceMs: NaN }],
    ['verificationQueue.sliceMs must be an integer from 1 to 100', { sliceMs: 101 }],
    ['unknown option "max"; known are maxWaiting, sliceMs', { max: 5 } as never],
  ])('%s', (message, options) => {
    expect(() => createGate({ verificationQueue: options })).toThrow(new TypeError(message));
  });
});
