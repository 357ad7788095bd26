import { isDeepStrictEqual } from 'node:util';

import fc from 'fast-check';

import { Auth, Stream } from '../../gen/walletauth/v1/options_pb.js';
import { checkRules } from '../../src/gate/rules/check-rules.js';
import type { AuthRules } from '../../src/gate/rules/declared-rules.js';
import type { MethodPolicy } from '../../src/gate/rules/policy.js';
import { compileRules } from '../../src/gate/rules/rule-table.js';
import { methodsOf } from '../../src/gate/rules/service-methods.js';
import { builtProto, builtService, type OptionInit } from '../support/built-proto.js';

const PATHS = ['/test.v1.S/A', '/test.v1.S/B'] as const;
const PROPERTIES = ['auth', 'cost', 'limit', 'chargeMessages', 'stream'] as const;
const AUTH = { required: Auth.REQUIRED, optional: Auth.OPTIONAL, public: Auth.PUBLIC } as const;
const STREAM = {
  'at-open': Stream.AT_OPEN,
  'until-expiry': Stream.UNTIL_EXPIRY,
  'while-renewed': Stream.WHILE_RENEWED,
} as const;

/** What code and options can both declare. */
type Declared = Partial<Pick<MethodPolicy, (typeof PROPERTIES)[number]>> & { auth?: keyof typeof AUTH };

const declared: fc.Arbitrary<Declared | undefined> = fc.option(
  fc.record(
    {
      auth: fc.constantFrom('required' as const, 'optional' as const, 'public' as const),
      cost: fc.nat(3),
      limit: fc.constantFrom('a', 'b'),
      chargeMessages: fc.boolean(),
      stream: fc.constantFrom('at-open' as const, 'until-expiry' as const, 'while-renewed' as const),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

const DEFAULT: Declared = {
  auth: 'required',
  cost: 1,
  limit: 'default',
  chargeMessages: false,
  stream: 'while-renewed',
};

/** Whatever is declared where: code comes before the `.proto`, the specific before the general, property by property. */
export const ruleOrderModel = fc.property(
  fc.record({ A: declared, B: declared, service: declared, all: declared }),
  fc.record({ A: declared, B: declared, service: declared }),
  (code, proto) => {
    const rules: AuthRules = {
      ...(code.all && { '*': code.all }),
      ...(code.service && { 'test.v1.S/*': code.service }),
      ...(code.A && { [PATHS[0]]: code.A }),
      ...(code.B && { [PATHS[1]]: code.B }),
    };
    const table = compileRules(rules, { methods: methodsOf([serviceOf(proto)]) });
    const { rules: rows, byMethod } = checkRules(table, PATHS);
    const decided = new Map<string, Set<string>>();
    for (const [path, name] of [
      [PATHS[0], 'A'],
      [PATHS[1], 'B'],
    ] as const) {
      const order: readonly [string, Declared | undefined][] = [
        [`code ${path}`, code[name]],
        ['code test.v1.S/*', code.service],
        ['code *', code.all],
        [`method option ${path}`, proto[name]],
        ['service option test.v1.S/*', proto.service],
        ['default default', DEFAULT],
      ];
      const summary = byMethod.get(path);
      for (const property of PROPERTIES) {
        const [source, policy] = order.find(([, each]) => each?.[property] !== undefined) ?? [];
        const from = summary?.from[property];
        const found = { value: summary?.[property], source: from && `${from.source} ${from.pattern}` };
        const expected = { value: policy?.[property], source };
        if (!isDeepStrictEqual(found, expected))
          throw new Error(`${path} ${property}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
        decided.set(source ?? '', (decided.get(source ?? '') ?? new Set()).add(path));
      }
    }
    for (const { source, pattern, methods } of rows) {
      if (source === 'default') continue;
      const expected = [...(decided.get(`${source} ${pattern}`) ?? [])];
      if (!isDeepStrictEqual([...methods], expected)) throw new Error(`${pattern} of ${source}: ${methods.join()}`);
    }
  },
);

function serviceOf(proto: Record<'A' | 'B' | 'service', Declared | undefined>) {
  const methods = {
    A: { input: 'Request', option: optionOf(proto.A) },
    B: { input: 'Request', option: optionOf(proto.B) },
  };
  const services = { S: { methods, option: optionOf(proto.service) } };
  return builtService(builtProto({ messages: { Request: [] }, services }));
}

function optionOf(policy: Declared | undefined): OptionInit | undefined {
  if (policy === undefined) return undefined;
  const { auth, stream, chargeMessages, cost, limit } = policy;
  return {
    ...(auth && { auth: AUTH[auth] }),
    ...(stream && { stream: STREAM[stream] }),
    ...(chargeMessages !== undefined && { chargeMessages }),
    ...(typeof cost === 'number' && { cost }),
    ...(typeof limit === 'string' && { limit }),
  };
}
