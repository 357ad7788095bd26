import { describe, expect, it } from 'vitest';

import { createLimits } from '../../../src/gate/limits/limits.js';
import { checkLimitNames } from '../../../src/gate/rules/check-limit-names.js';
import type { RuleSource } from '../../../src/gate/rules/declared-rules.js';
import type { RuleTable } from '../../../src/gate/rules/rule-table.js';

const limits = createLimits({ classes: { default: { points: 1, windowMs: 1_000 } } }, () => 0);

/** One rule that names a limit. */
function naming(limit: string, source: RuleSource): RuleTable {
  const rule = { key: '/a.S/M', pattern: 'a.S/M', source, policy: { limit }, ownWallet: undefined };
  return { declared: [rule], ruleOf: () => expect.unreachable() };
}

describe('a rule that names a limit', () => {
  it.each<[RuleSource]>([['code'], ['method option'], ['service option']])(
    'in %s must name one that exists',
    (source) => {
      expect(() => checkLimitNames(naming('default', source), limits)).not.toThrow();
      expect(() => checkLimitNames(naming('burst', source), limits)).toThrow(
        new TypeError('rules["a.S/M"].limit: "burst" is not in limits.classes'),
      );
    },
  );

  it('in a .proto is left alone by a node that sets no limits, in code it is not', () => {
    expect(() => checkLimitNames(naming('burst', 'method option'), undefined)).not.toThrow();
    expect(() => checkLimitNames(naming('burst', 'code'), undefined)).toThrow(TypeError);
  });
});
