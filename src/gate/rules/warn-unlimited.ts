import { warn } from '../../warn.js';
import type { MethodRule, RuleTable } from './rule-table.js';

/**
 * Warns of methods whose calls a `.proto` limits, for a gate that has no limits: nothing is counted there, which the author of the
 * `.proto` did not have in mind. The warning's code is `WALLET_AUTH_NO_LIMITS`.
 * @param paths the methods that are known.
 */
export function warnUnlimited(rules: RuleTable, paths: Iterable<string>): void {
  const [first, ...more] = [...paths].filter((path) => isLimitedByProto(rules.ruleOf(path)));
  if (first === undefined) return;
  const methods = more.length === 0 ? first : `${first} and ${more.length} more`;
  warn(
    `the .proto limits calls of ${methods}, and this gate has no limits: set the option \`limits\`, or a cost of 0 in \`rules\``,
    'WALLET_AUTH_NO_LIMITS',
  );
}

function isLimitedByProto({ cost, from, chargeMessages }: MethodRule): boolean {
  const isProto = (name: 'cost' | 'limit' | 'chargeMessages') => from.get(name)?.source.endsWith('option') === true;
  return cost !== 0 && (isProto('cost') || isProto('limit') || (chargeMessages && isProto('chargeMessages')));
}
