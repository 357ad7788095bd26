import { describe, expect, it } from 'vitest';

import { createLimits, type Limits } from '../../../src/gate/limits/limits.js';
import { checkLimits } from '../../../src/gate/rules/check-limits.js';
import type { AuthRules } from '../../../src/gate/rules/declared-rules.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { methodsOf } from '../../../src/gate/rules/service-methods.js';
import { builtProto, builtService, type OptionInit } from '../../support/built-proto.js';

const classes = { default: { points: 10, windowMs: 1_000 }, few: { points: 2, windowMs: 1_000, priorityFactor: 4 } };
const limits = createLimits({ classes }, () => 0);
const PATH = '/test.v1.S/M';

/** Checks rules in code, together with what a `.proto` declares if there is one. */
function check(
  rules: AuthRules,
  proto: { method?: OptionInit; service?: OptionInit } = {},
  by: Limits | 'none' = limits,
): void {
  const methods = Object.keys(proto).length > 0 ? methodsOf([serviceWith(proto)]) : undefined;
  checkLimits(compileRules(rules, { methods }), methods?.keys(), by === 'none' ? undefined : by);
}

function serviceWith({ method, service }: { method?: OptionInit; service?: OptionInit }) {
  const methods = { M: { input: 'Request', option: method } };
  return builtService(builtProto({ messages: { Request: [] }, services: { S: { option: service, methods } } }));
}

describe('a rule that names a limit', () => {
  it.each<[string, string, (limit: string) => void]>([
    ['code', 'test.v1.S/M', (limit) => check({ 'test.v1.S/M': { limit } })],
    ['code for a service', 'test.v1.S/*', (limit) => check({ 'test.v1.S/*': { limit } })],
    ['code for *', '*', (limit) => check({ '*': { limit }, [PATH]: { limit: 'default' } })],
    ['a method option', PATH, (limit) => check({}, { method: { limit } })],
    ['a service option', 'test.v1.S/*', (limit) => check({}, { service: { limit } })],
  ])('in %s must name one that exists', (_, pattern, checkNamed) => {
    expect(() => checkNamed('default')).not.toThrow();
    expect(() => checkNamed('burst')).toThrow(
      new TypeError(`rules[${JSON.stringify(pattern)}].limit: "burst" is not in limits.classes`),
    );
  });

  it('in a .proto is left alone where code names another', () => {
    expect(() => check({ '*': { limit: 'few' } }, { method: { limit: 'burst' } })).not.toThrow();
    expect(() => check({ [PATH]: { limit: 'few' } }, { service: { limit: 'burst' } })).not.toThrow();
  });

  it('in a .proto is left alone by a node that sets no limits, in code it is not', () => {
    expect(() => check({}, { method: { limit: 'burst' } }, 'none')).not.toThrow();
    expect(() => check({ [PATH]: { limit: 'burst' } }, {}, 'none')).toThrow(TypeError);
  });
});

describe('a constant cost above its bucket is refused at start', () => {
  it.each<[string, AuthRules, { method?: OptionInit; service?: OptionInit }]>([
    ['rules["*"].cost: 11 is more than limits.classes.default holds (10 points)', { '*': { cost: 11 } }, {}],
    ['rules["a.S/M"].cost: 3 is more than limits.classes.few holds (2 points)', { 'a.S/M': few(3) }, {}],
    [
      'rules["a.S/M"].cost: 3 is more than limits.classes.few holds (2 points)',
      { 'a.S/M': { cost: 3 }, 'a.S/*': { limit: 'few' } },
      {},
    ],
    [
      'rules["a.S/*"].cost: 3 is more than limits.classes.few holds (2 points)',
      { 'a.S/M': { limit: 'few' }, 'a.S/*': { cost: 3 } },
      {},
    ],
    [`rules["${PATH}"].cost: 11 is more than limits.classes.default holds (10 points)`, {}, { method: { cost: 11 } }],
    [
      'rules["test.v1.S/*"].cost: 3 is more than limits.classes.few holds (2 points)',
      { '*': { limit: 'few' } },
      { service: { cost: 3 } },
    ],
  ])('%s', (message, rules, proto) => {
    expect(() => check(rules, proto)).toThrow(new TypeError(message));
  });

  it.each<[string, AuthRules, { method?: OptionInit; service?: OptionInit }]>([
    ['that it fills', { '*': { cost: 10 }, 'a.S/M': few(2) }, {}],
    [
      'that a function finds',
      { '*': { cost: () => 100, limit: 'few' }, 'a.S/M': { cost: 100, limit: () => 'few' } },
      {},
    ],
    [
      'that no method has',
      { '*': { cost: 100 }, [PATH]: { cost: 1 } },
      { service: { cost: 100 }, method: { cost: 200 } },
    ],
  ])('not one %s', (_, rules, proto) => {
    expect(() => check(rules, proto)).not.toThrow();
  });

  it('for callers without identity in the limit that is named for them', () => {
    const anonymous = createLimits({ classes, anonymous: 'few' }, () => 0);
    expect(() => check({ '*': { auth: 'public', cost: 3 } }, {}, anonymous)).toThrow(
      new TypeError('rules["*"].cost: 3 is more than limits.classes.few holds (2 points)'),
    );
    expect(() => check({ '*': { auth: 'required', cost: 3 } }, {}, anonymous)).not.toThrow();
  });

  it('and not where there are no limits', () => {
    expect(() => check({ '*': { cost: 1_000_000 } }, {}, 'none')).not.toThrow();
  });
});

function few(cost: number) {
  return { cost, limit: 'few' };
}
