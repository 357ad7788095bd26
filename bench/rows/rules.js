import { nativeCurve } from 'grpc-wallet-auth/curves';
import { createGate } from 'grpc-wallet-auth/gate';

import { pairs } from '../pairs.js';
import { line } from '../table.js';
import { header, identities, wallet } from '../tokens.js';

const METHOD = '/walletauth.demo.v1.DemoService/WhoAmI';
const WALLETS = 64;

/** The time that rules, lists of a thousand entries and a limit in memory add to a decision about a cached token. */
export const rows = {
  async rules() {
    const curve = nativeCurve();
    const headers = (await identities(WALLETS)).map((identity) => header(identity));
    const others = Array.from({ length: 1_000 }, (_, i) => wallet(WALLETS + i).address);
    const limits = { classes: { default: { points: 1_000_000, windowMs: 1_000, priorityFactor: 1_000 } } };
    const priority = others.slice(500);
    const wallets = { deny: others.slice(0, 500), priority };
    const cases = {
      'none of them': {},
      'a rule, a list and a limit': { rules: { [METHOD]: { cost: 2 } }, access: { deny: others }, limits },
      'all lists, addresses too, by device': {
        rules: { [METHOD]: { cost: 2 } },
        access: { ...wallets, deny: [...wallets.deny, '198.51.100.0/24', '203.0.113.9', '2001:db8::/32'] },
        limits: { ...limits, keyBy: 'device', beforeAuthentication: { points: 1_000_000, windowMs: 1_000 } },
      },
    };
    const figures = await pairs(
      Object.fromEntries(
        Object.entries(cases).map(([name, options]) => [name, decider({ curve, ...options }, headers)]),
      ),
    );
    const plain = figures['none of them'];
    return Object.entries(figures).map(([name, { ns, ...ratios }]) =>
      name === 'none of them'
        ? line('decision of the gate, cached token', 'itself', { ns, ...ratios })
        : line(`added by ${name}`, 'that decision', { ...ratios, ns: ns - plain.ns }, { nsAtMost: 3_000 }),
    );
  },
};

/** Decides about calls of all wallets in turns. */
function decider(options, headers) {
  const gate = createGate(options);
  const call = { method: METHOD, peer: '203.0.113.7:50101', metadata: undefined, header: () => [] };
  let turn = 0;
  return () => {
    const decision = gate.decide({ ...call }, headers[turn++ % headers.length]);
    if (!decision.admitted) throw new Error(`refused: ${decision.status.message}`);
    return decision;
  };
}
