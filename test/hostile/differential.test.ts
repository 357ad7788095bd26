import { describe, expect, it } from 'vitest';

import { differentialRun } from './differential.js';

/** `npm run fuzz` compares a million. */
const CASES = 50_000;

describe('verifiers with fast and with portable tools', () => {
  it(
    'answer alike to 50 thousand tokens with faults: reason, info, identity and what the curve is asked',
    { timeout: 120_000 },
    () => {
      const { cases, answers, failure } = differentialRun(CASES, Math.floor(Math.random() * 2 ** 31));
      expect(failure).toBeUndefined();
      expect(cases).toBe(CASES);
      // it would prove little if all were refused early
      expect(answers.get('identity')).toBeGreaterThan(CASES / 10);
      for (const reason of ['MALFORMED_TOKEN', 'INVALID_AUTH_DATA_SIGNATURE', 'WALLET_MISMATCH', 'TOKEN_EXPIRED'])
        expect([reason, answers.get(reason) ?? 0]).toEqual([reason, expect.toSatisfy((count: number) => count > 20)]);
    },
  );
});
