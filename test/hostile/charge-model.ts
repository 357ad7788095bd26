import fc from 'fast-check';

import { createGate } from '../../src/gate/create-gate.js';
import type { LimitStore } from '../../src/gate/limits/limit-store.js';

/** One request message: what it costs and of which limit, and whether the operator's check admits it. */
interface Sent {
  readonly cost: number;
  readonly limit: 'default' | 'other';
  readonly ok: boolean;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  cost: fc.nat(6),
  limit: fc.constantFrom('default' as const, 'other' as const),
  ok: fc.boolean(),
});

const policies = fc.record({
  cost: fc.oneof(fc.nat(6), fc.constant('by message' as const)),
  limit: fc.constantFrom('default' as const, 'other' as const, 'by message' as const),
  chargeMessages: fc.boolean(),
});

/**
 * Whatever calls and messages come: nothing that is not free by the constant 0 goes on without paying, everything is paid before
 * it is checked, nothing is paid twice, and a store is asked once for a call and once for a message at most.
 */
export const chargeModel = fc.property(
  policies,
  fc.integer({ min: 1, max: 40 }),
  fc.array(fc.array(sent, { maxLength: 5 }), { maxLength: 8 }),
  (policy, points, calls) => {
    const left = { default: points, other: 10 };
    let takes: [string, number][] = [];
    let checked = 0;
    const store: LimitStore = {
      open: (name) => (_, cost) => {
        takes.push([name, cost]);
        const limit = name as keyof typeof left;
        if (left[limit] < cost) return 1_000;
        left[limit] -= cost;
        return 0;
      },
    };
    const { cost, limit, chargeMessages } = policy;
    const size = (points_: number) => ({ points: points_, windowMs: 60_000 });
    const make = () =>
      createGate({
        rules: {
          '*': {
            auth: 'public',
            chargeMessages,
            cost: cost === 'by message' ? (message: Sent) => message.cost : cost,
            limit: limit === 'by message' ? (message: Sent) => message.limit : limit,
            authorizeMessage: (_, message: Sent) => ((checked += 1), message.ok),
          },
        },
        limits: { store, classes: { default: size(points), other: size(10) } },
      });
    if (cost !== 'by message' && limit !== 'by message' && cost > left[limit]) {
      expectThat(throwsTypeError(make), 'a cost that no bucket holds was accepted');
      return;
    }
    const gate = make();
    const byMessage = cost === 'by message' || limit === 'by message';
    const model = { default: points, other: 10 };
    /** Takes out of the model; whether there was enough. */
    const pay = (name: keyof typeof model, due: number) => {
      if (due > model[name]) return false;
      model[name] -= due;
      return true;
    };

    for (const messages of calls) {
      takes = [];
      const decision = gate.decide({ method: '/a.S/M', peer: '', metadata: undefined, header: () => [] }, undefined);
      if (decision instanceof Promise) throw new Error('a promise');
      const ahead = cost === 0 ? 0 : byMessage ? 1 : cost;
      const aheadOf = limit === 'by message' ? 'default' : limit;
      const isPaid = pay(aheadOf, ahead);
      expectThat(decision.admitted === isPaid, `admitted: ${String(decision.admitted)}`);
      expectThat(takes.length === (ahead === 0 ? 0 : 1), `${takes.length} takes for a call`);
      if (!decision.admitted) continue;
      for (const [i, message] of messages.entries()) {
        takes = [];
        const before = checked;
        const status = decision.checkMessage?.(message);
        const own = cost === 'by message' ? message.cost : cost;
        const name = limit === 'by message' ? message.limit : limit;
        const isCharged = i === 0 ? byMessage : chargeMessages;
        const due = isCharged ? Math.max(0, own - (i === 0 && name === aheadOf ? ahead : 0)) : 0;
        const fits = own <= (name === 'default' ? points : 10);
        const isAfforded = due === 0 || (fits && pay(name, due));
        expectThat(takes.length <= 1, `${takes.length} takes for a message`);
        expectThat(checked - before === (isAfforded ? 1 : 0), 'checked before it was paid');
        expectThat((status === undefined) === (isAfforded && message.ok), `message ${i} got ${JSON.stringify(status)}`);
        expectThat(left.default === model.default && left.other === model.other, JSON.stringify({ left, model }));
        if (status !== undefined) break;
      }
    }
  },
);

function throwsTypeError(make: () => unknown): boolean {
  try {
    make();
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
}

function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
