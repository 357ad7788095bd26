import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { mustTellEnd } from '../../../src/gate/call/told-ends.js';
import { walletIdentity } from '../../../src/identity.js';
import { mintIdentity, testWallets } from '../../../src/testing/index.js';

const identityOf = (device: string) => {
  const { deviceId } = mintIdentity({ device });
  const wallet = testWallets.alice.address;
  return walletIdentity({ wallet, deviceId, identityKey: new Uint8Array(65), issuedAtMs: 0, expiresAtMs: 1 });
};
const [phone, laptop] = [identityOf('phone'), identityOf('laptop')];

describe('whether an answer carries the end of its token', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('does once on a connection, and once on each', () => {
    const [first, second] = [{}, {}];
    expect([first, first, second, first, second].map((each) => mustTellEnd(each, phone))).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  it('does again after a minute, since an answer may be lost, and when the clock was put back', () => {
    const connection = {};
    expect(mustTellEnd(connection, phone)).toBe(true);
    vi.advanceTimersByTime(59_999);
    expect(mustTellEnd(connection, phone)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(mustTellEnd(connection, phone)).toBe(true);
    vi.setSystemTime(Date.now() - 1);
    expect(mustTellEnd(connection, phone)).toBe(true);
  });

  it('does once for each of the tokens that come on it, as behind a proxy', () => {
    const connection = {};
    const answers = [phone, laptop, phone, laptop, phone].map((each) => mustTellEnd(connection, each));
    expect(answers).toEqual([true, true, false, false, false]);
  });

  it('keeps a bounded number of them: then all are told again', () => {
    const connection = {};
    mustTellEnd(connection, phone);
    for (let i = 0; i < 999; i++) mustTellEnd(connection, identityOf(`device ${i}`));
    expect(mustTellEnd(connection, phone)).toBe(true);
    expect(mustTellEnd(connection, phone)).toBe(false);
  });

  it('always does without a connection, or where the handler is not shown who is calling', () => {
    for (let i = 0; i < 2; i++) {
      expect(mustTellEnd(undefined, phone)).toBe(true);
      expect(mustTellEnd({}, undefined)).toBe(true);
    }
  });
});
