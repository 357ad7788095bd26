import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { policyModels } from './policy-models.js';

/** Cases of each model; `npm run fuzz` tries many more. */
const NUM_RUNS = 200;

describe('the policy of a gate does what its model says', () => {
  it.each(Object.entries(policyModels))('%s', (_, model) => {
    const details = fc.check(model, { numRuns: NUM_RUNS });
    expect(details.failed ? fc.defaultReportMessage(details) : 'nothing wrong').toBe('nothing wrong');
  });
});
