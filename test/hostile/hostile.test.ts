import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fastestCurve } from '../../src/curves/fastest-curve.js';
import { createVerifier } from '../../src/index.js';
import { NOW_MS } from '../support/token-workshop.js';
import { answerTo } from './answer.js';
import { faultFamilies } from './faults.js';
import { signWithEthers, tokenMaker } from './good-tokens.js';

/** Cases of each family; `npm run fuzz` tries a million. */
const NUM_RUNS = 50;

const options = { now: () => new Date(NOW_MS), curve: fastestCurve() };
const uncached = createVerifier({ ...options, maxCachedTokens: 0, maxCachedDevices: 0 });
const caching = createVerifier({ ...options, maxCachedTokens: 20, maxCachedDevices: 20 });

describe('a token broken in one place gets the answer that belongs to the place, with and without caches', () => {
  it.each(Object.entries(faultFamilies(tokenMaker(signWithEthers))))('%s', (_, family) => {
    fc.assert(
      fc.property(family, ({ authorization, expected }) => {
        expect(expected).toContain(answerTo(uncached, authorization));
        expect(expected).toContain(answerTo(caching, authorization));
        expect(expected).toContain(answerTo(caching, authorization));
      }),
      { numRuns: NUM_RUNS },
    );
  });
});
