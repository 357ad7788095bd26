import { describe, expect, it } from 'vitest';

import { refusal } from '../../../src/errors.js';
import { createAddressReader } from '../../../src/gate/call/client-address.js';
import type { MethodPolicy } from '../../../src/gate/rules/policy.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { chargeCall, chargeMessage, checkCost, type Charging } from '../../../src/gate/steps/charge.js';
import { CallContext, type Answer } from '../../../src/gate/steps/pipeline.js';
import { hostileValues } from '../../support/hostile-values.js';
import { incomingCall } from '../../support/incoming-call.js';

const call = incomingCall();

/** A call of a method with a policy, and what it and its messages are charged. */
function charged(policy: MethodPolicy) {
  const rule = compileRules({ '*': policy }).ruleOf(call.method);
  const context = new CallContext(call, undefined, rule, createAddressReader());
  const costs: { limit: string; cost: number }[] = [];
  const take = (limit: string) => (_: unknown, cost: number, __: boolean, paid: number) => {
    costs.push({ cost: cost - paid, limit });
    return cost > 100 ? refusal('RATE_LIMITED') : undefined;
  };
  const limits = {
    pointsOf: () => 1_000,
    anonymous: undefined,
    takeBefore: undefined,
    limitFor: (_: unknown, name: string) => ({ name, take: take(name) }),
  };
  const charging: Charging = { limits, hasPriority: () => false };
  return {
    costs,
    start: () => chargeCall(context, charging) as Answer,
    send(message: unknown, index = 0) {
      context.messages = index;
      return chargeMessage(context, message, charging) as Answer;
    },
    check: (message: unknown) => checkCost(context, message),
    limit: () => context.limit,
  };
}

const length = (request: { items: readonly unknown[] }) => request.items.length;

describe('a call', () => {
  it('with a fixed cost is charged at its start, once', () => {
    const { costs, start, send } = charged({ cost: 4, limit: 'rare' });
    start();
    for (const index of [0, 1, 2]) send({}, index);
    expect(costs).toEqual([{ cost: 4, limit: 'rare' }]);
  });

  it('costs 1 of the limit called default where nothing is declared', () => {
    const { costs, start } = charged({});
    start();
    expect(costs).toEqual([{ cost: 1, limit: 'default' }]);
  });

  it('with a cost by message pays 1 at its start and the rest for its first message, once', () => {
    const { costs, start, send } = charged({ cost: length, limit: 'rare' });
    start();
    expect(costs).toEqual([{ cost: 1, limit: 'rare' }]);
    for (const index of [0, 1, 2]) send({ items: [1, 2] }, index);
    expect(costs).toEqual([
      { cost: 1, limit: 'rare' },
      { cost: 1, limit: 'rare' },
    ]);
  });

  it.each([0, 1])('with a cost by message of %d has paid 1', (cost) => {
    const { costs, start, send } = charged({ cost: () => cost });
    start();
    send({});
    expect(costs).toEqual([{ cost: 1, limit: 'default' }]);
  });

  it('with a limit by message pays 1 of the limit called default, and less in that limit alone', () => {
    for (const [limit, rest] of [
      ['default', 4],
      ['rare', 5],
    ] as const) {
      const { costs, start, send } = charged({ cost: 5, limit: () => limit });
      start();
      send({});
      expect(costs).toEqual([
        { cost: 1, limit: 'default' },
        { cost: rest, limit },
      ]);
    }
  });

  it('whose cost is the constant 0 is free, whatever finds its limit', () => {
    for (const limit of ['rare', () => 'rare']) {
      const { costs, start, send } = charged({ cost: 0, limit, chargeMessages: true });
      start();
      for (const index of [0, 1]) send({}, index);
      expect(costs).toEqual([]);
    }
  });

  it.each<[string, MethodPolicy, number[]]>([
    ['fixed', { cost: 2, chargeMessages: true }, [2, 2, 2]],
    ['by message', { cost: length, chargeMessages: true }, [1, 2, 3]],
    ['by message, more than once', { cost: () => 4, chargeMessages: true }, [1, 3, 4, 4]],
    ['by message in its limit alone', { cost: 5, limit: () => 'a', chargeMessages: true }, [1, 5, 5, 5]],
  ])('whose messages are charged, %s, pays for each once', (_, policy, expected) => {
    const { costs, start, send } = charged(policy);
    start();
    for (const index of [0, 1, 2]) send({ items: Array(index + 1) }, index);
    expect(costs.map(({ cost }) => cost)).toEqual(expected);
  });

  it('is refused by the limit, at its start and for a message', () => {
    expect(charged({ cost: 101 }).start()).toMatchObject({ reason: 'RATE_LIMITED' });
    expect(charged({ cost: () => 101 }).send({})).toMatchObject({ reason: 'RATE_LIMITED' });
  });
});

describe('a function that finds a cost', () => {
  it('is called with the message and the call', () => {
    const seen: unknown[] = [];
    const message = { items: [] };
    charged({ cost: (...facts) => (seen.push(...facts), 0) }).send(message);
    expect(seen).toEqual([message, expect.objectContaining({ method: call.method })]);
  });

  it('is called for the first message alone, without limits too, unless each message costs', () => {
    for (const chargeMessages of [false, true]) {
      let calls = 0;
      const { send, check } = charged({ cost: () => (calls++, 1), chargeMessages });
      for (const index of [0, 1, 2]) {
        send({}, index);
        check({});
      }
      expect(calls).toBe(chargeMessages ? 6 : 2);
    }
  });

  const wrongCosts = hostileValues.filter(([name]) => name !== '0' && name !== '-0');
  it.each(wrongCosts)('throws for the cost %s, and charges nothing', (name, value) => {
    const { costs, send } = charged({ cost: () => value as number });
    expect(() => send({})).toThrow(name.includes('proxy') ? /./ : 'cost must answer a non-negative integer');
    expect(costs).toEqual([]);
  });

  const limits = hostileValues.filter(([, value]) => typeof value !== 'string' || value === '');
  it.each(limits)('throws for the limit %s, and charges nothing', (name, value) => {
    const { costs, send } = charged({ limit: () => value as string });
    expect(() => send({})).toThrow(name.includes('proxy') ? /./ : 'limit must answer a name');
    expect(costs).toEqual([]);
  });

  it('throws what the function throws, and drops the rejection of a promise', async () => {
    const thrown = new Error('cost');
    const throwing = () => {
      throw thrown;
    };
    expect(() => charged({ cost: throwing }).send({})).toThrow(thrown);
    expect(() => charged({ cost: (async () => throwing()) as never }).send({})).toThrow(TypeError);
    await new Promise(setImmediate); // an unhandled rejection would fail this file
  });
});
