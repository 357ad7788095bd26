import { describe, expect, it } from 'vitest';

import { refusal } from '../../../src/errors.js';
import type { MethodPolicy } from '../../../src/gate/rules/policy.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { chargeCall, chargeMessage, type Charge, type Price } from '../../../src/gate/steps/charge.js';
import type { Answer, Visit } from '../../../src/gate/steps/pipeline.js';
import { hostileValues } from '../../support/hostile-values.js';

const call = { method: '/a.S/M', peer: '', metadata: undefined, header: () => [] };

/** A visit to a method with a policy, and what its calls and messages are charged. */
function till(policy: MethodPolicy, charged: Price[] = []) {
  const rule = compileRules({ '*': policy }).ruleOf(call.method);
  const visit = { call, rule } as Partial<Visit> as Visit;
  const charge: Charge = (_, price) => {
    charged.push(price);
    return price.cost > 100 ? refusal('RATE_LIMITED') : undefined;
  };
  const enter = () => chargeCall(charge)(visit) as Answer;
  const send = (message: unknown, index = 0) => chargeMessage(charge)(visit, message, index) as Answer;
  return { charged, enter, send };
}

const length = (request: { items: readonly unknown[] }) => request.items.length;

describe('a call', () => {
  it('with a fixed price is charged at the door, once', () => {
    const { charged, enter, send } = till({ cost: 4, limit: 'rare' });
    enter();
    for (const index of [0, 1, 2]) send({}, index);
    expect(charged).toEqual([{ cost: 4, limit: 'rare' }]);
  });

  it('costs 1 of the limit called default where nothing is said', () => {
    const { charged, enter } = till({});
    enter();
    expect(charged).toEqual([{ cost: 1, limit: 'default' }]);
  });

  it('with a price by message is charged for its first message, once', () => {
    const { charged, enter, send } = till({ cost: length, limit: () => 'rare' });
    enter();
    expect(charged).toEqual([]);
    for (const index of [0, 1, 2]) send({ items: [1, 2] }, index);
    expect(charged).toEqual([{ cost: 2, limit: 'rare' }]);
  });

  it.each<[string, MethodPolicy, number[]]>([
    ['fixed', { cost: 2, chargeMessages: true }, [2, 2, 2]],
    ['by message', { cost: length, chargeMessages: true }, [1, 2, 3]],
    ['by message in its limit alone', { cost: 5, limit: () => 'a', chargeMessages: true }, [5, 5, 5]],
  ])('whose messages are charged, %s, pays for each once', (_, policy, costs) => {
    const { charged, enter, send } = till(policy);
    enter();
    for (const index of [0, 1, 2]) send({ items: Array(index + 1) }, index);
    expect(charged.map(({ cost }) => cost)).toEqual(costs);
  });

  it('is refused as the limit says, at the door and for a message', () => {
    expect(till({ cost: 101 }).enter()).toMatchObject({ reason: 'RATE_LIMITED' });
    expect(till({ cost: () => 101 }).send({})).toMatchObject({ reason: 'RATE_LIMITED' });
  });
});

describe('a function that finds a price', () => {
  it('is asked with the message and the call', () => {
    const seen: unknown[] = [];
    const message = { items: [] };
    till({ cost: (...facts) => (seen.push(...facts), 0) }).send(message);
    expect(seen).toEqual([message, call]);
  });

  const costs = hostileValues.filter(([name]) => name !== '0' && name !== '-0');
  it.each(costs)('throws for the cost %s, and charges nothing', (name, value) => {
    const { charged, send } = till({ cost: () => value as number });
    expect(() => send({})).toThrow(name.includes('proxy') ? /./ : 'cost must answer a non-negative integer');
    expect(charged).toEqual([]);
  });

  const limits = hostileValues.filter(([, value]) => typeof value !== 'string' || value === '');
  it.each(limits)('throws for the limit %s, and charges nothing', (name, value) => {
    const { charged, send } = till({ limit: () => value as string });
    expect(() => send({})).toThrow(name.includes('proxy') ? /./ : 'limit must answer a name');
    expect(charged).toEqual([]);
  });

  it('throws what the function throws, and drops the rejection of a promise', async () => {
    const thrown = new Error('cost');
    const throwing = () => {
      throw thrown;
    };
    expect(() => till({ cost: throwing }).send({})).toThrow(thrown);
    expect(() => till({ cost: (async () => throwing()) as never }).send({})).toThrow(TypeError);
    await new Promise(setImmediate); // an unhandled rejection would fail this file
  });
});
