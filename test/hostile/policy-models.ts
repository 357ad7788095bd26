import fc from 'fast-check';

import { chargeModel } from './charge-model.js';
import { ownWalletModel } from './own-wallet-model.js';
import { ruleOrderModel } from './rule-order-model.js';

/** Models of the gate's policy, by what they are about. */
export const policyModels: Readonly<Record<string, fc.IRawProperty<unknown, false>>> = {
  'own_wallet in messages of any shape': ownWalletModel,
  'code before the .proto': ruleOrderModel,
  'costs of calls and messages': chargeModel,
};

/** What a run of one model came to. */
export interface PolicyRun {
  readonly name: string;
  readonly cases: number;
  /** What fast-check reports about the first wrong case; `undefined` if there was none. */
  readonly failure: string | undefined;
}

/** Tries so many cases of each model. */
export function policyRun(cases: number, seed: number): readonly PolicyRun[] {
  return Object.entries(policyModels).map(([name, model]) => {
    const details = fc.check(model, { numRuns: cases, seed });
    return { name, cases: details.numRuns, failure: details.failed ? fc.defaultReportMessage(details) : undefined };
  });
}
