import { describe, expect, it } from 'vitest';

import type { VerifierOptions } from '../../src/index.js';
import { PendingToken } from '../../src/verify/pending-token.js';
import { createStagedVerifier } from '../../src/verify/staged-verifier.js';
import { portableVerifierTools } from '../../src/verify/tools.js';
import { countingCurve } from '../support/counting-curve.js';
import { reasonOf } from '../support/refusal-of.js';
import {
  aliceAddress,
  bearer,
  bobAddress,
  HOUR_MS,
  NOW_MS,
  NS_PER_MS,
  type TokenPlan,
} from '../support/token-workshop.js';

function bench(options: VerifierOptions = {}) {
  const clock = { ms: NOW_MS };
  const curve = countingCurve();
  const stages = createStagedVerifier({ now: () => new Date(clock.ms), curve, ...options }, portableVerifierTools);
  const begin = (changes: Partial<TokenPlan> = {}) => {
    const found = stages.begin(bearer(changes));
    if (!(found instanceof PendingToken)) throw new Error('the token was cached');
    return found;
  };
  return { clock, calls: curve.calls, stages, begin };
}

const later = { createdNs: BigInt(NOW_MS + 1) * NS_PER_MS };

describe('a staged verifier', () => {
  it('has not used the curve, nor cached anything, when a token is pending', () => {
    const { stages, begin, calls } = bench();
    begin();
    expect(calls).toEqual({ verify: 0, recover: 0 });
    expect([stages.cachedTokens, stages.cachedDevices]).toEqual([0, 0]);
  });

  it('refuses at once what needs no curve, and finds a cached token at once', () => {
    const { stages, begin, calls } = bench();
    expect(reasonOf(() => stages.begin('Bearer !'))).toBe('MALFORMED_TOKEN');
    expect(reasonOf(() => stages.begin(bearer({ createdNs: 0n })))).toBe('TOKEN_EXPIRED');
    expect(calls).toEqual({ verify: 0, recover: 0 });
    const identity = stages.finish(begin());
    expect(identity.wallet).toBe(aliceAddress);
    expect(stages.begin(bearer())).toBe(identity);
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  it('refuses wrong signatures when it finishes, and caches nothing of them', () => {
    const { stages, begin } = bench();
    expect(reasonOf(() => stages.finish(begin({ claims: bobAddress })))).toBe('WALLET_MISMATCH');
    expect([stages.cachedTokens, stages.cachedDevices]).toEqual([0, 0]);
  });
});

describe('a token looked at again after a wait', () => {
  it('is good where nothing changed', () => {
    const { stages, begin } = bench();
    const pending = begin();
    expect(stages.recheck(pending)).toBeUndefined();
    expect(stages.finish(pending).wallet).toBe(aliceAddress);
  });

  it('is refused without the curve if it expired meanwhile', () => {
    const { stages, begin, clock, calls } = bench();
    const pending = begin();
    clock.ms += HOUR_MS;
    expect(stages.recheck(pending)).toBeUndefined();
    clock.ms += 1;
    expect(reasonOf(() => stages.recheck(pending))).toBe('TOKEN_EXPIRED');
    expect(calls).toEqual({ verify: 0, recover: 0 });
  });

  it('is refused if the clock was put back before its beginning', () => {
    const { stages, begin, clock } = bench({ maxFutureSkewMs: 0 });
    const pending = begin();
    clock.ms -= 1;
    expect(reasonOf(() => stages.recheck(pending))).toBe('TOKEN_FROM_FUTURE');
  });

  it('is taken from the cache if another call verified it meanwhile', () => {
    const { stages, begin, calls } = bench();
    const [first, second] = [begin(), begin()];
    const identity = stages.finish(first);
    expect(stages.recheck(second)).toBe(identity);
    expect(calls).toEqual({ verify: 1, recover: 1 });
  });

  it('is refused as any cached one: expired, or of a device that is revoked by now', () => {
    const revoked = { is: false };
    const { stages, begin, clock } = bench({ isRevoked: () => revoked.is });
    const [first, second] = [begin(), begin()];
    stages.finish(first);
    revoked.is = true;
    expect(reasonOf(() => stages.recheck(second))).toBe('DEVICE_REVOKED');
    clock.ms += HOUR_MS + 1;
    expect(reasonOf(() => stages.recheck(second))).toBe('TOKEN_EXPIRED');
    expect(stages.cachedTokens).toBe(0);
  });

  it('costs one signature check if its device was certified meanwhile', () => {
    const { stages, begin, calls } = bench();
    const [first, second] = [begin(), begin(later)];
    stages.finish(first);
    stages.recheck(second);
    expect(stages.finish(second).wallet).toBe(aliceAddress);
    expect(calls).toEqual({ verify: 2, recover: 1 });
  });

  it('must still claim the wallet of its device, as before', () => {
    const { stages, begin } = bench();
    const [first, second] = [begin(), begin({ claims: bobAddress })];
    stages.finish(first);
    stages.recheck(second);
    expect(reasonOf(() => stages.finish(second))).toBe('WALLET_MISMATCH');
  });

  it('is refused with INTERNAL while the clock is broken', () => {
    const { stages, begin, clock } = bench();
    const pending = begin();
    clock.ms = NaN;
    expect(reasonOf(() => stages.recheck(pending))).toBe('INTERNAL');
  });
});
