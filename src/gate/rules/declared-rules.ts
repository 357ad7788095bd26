import type { DescMethod } from '@bufbuild/protobuf';

import type { AuthRule } from '../call/call.js';
import { refuseMarkedExtensions } from './marked-extensions.js';
import { planOfOptions, type MessagePlan } from './own-wallet.js';
import { readPolicy, type MethodPolicy } from './policy.js';
import { methodPolicy, servicePolicy } from './proto-policy.js';

/** Rules by pattern: `/package.Service/Method`, `package.Service/*` or `*`. The most specific one wins, property by property. */
export type AuthRules<Metadata = unknown> = Readonly<Record<string, AuthRule | MethodPolicy<Metadata>>>;

/** Where a rule is declared. */
export type RuleSource = 'code' | 'method option' | 'service option' | 'default';

/** One rule as it is declared. */
export interface DeclaredRule {
  /** `/package.Service/Method`, `/package.Service/*` or `*`. */
  readonly key: string;
  /** The pattern as it was declared; `default` for what applies where nothing is. */
  readonly pattern: string;
  readonly source: RuleSource;
  readonly policy: MethodPolicy;
  /** Where a `.proto` marks fields in the request. */
  readonly ownWallet: MessagePlan | undefined;
}

const PATTERN = /^\/?([A-Za-z_][\w.]*\/(?:[A-Za-z_]\w*|\*))$/;

/**
 * Reads the rules in code.
 * @returns them by key.
 * @throws TypeError naming a pattern or rule that is wrong, or declared twice.
 */
export function rulesInCode(rules: AuthRules): ReadonlyMap<string, DeclaredRule> {
  if (typeof rules !== 'object' || rules === null) throw new TypeError('rules must be an object');
  const declared = new Map<string, DeclaredRule>();
  for (const [pattern, rule] of Object.entries(rules)) {
    const key = normalized(pattern);
    const policy = readPolicy(`rules[${JSON.stringify(pattern)}]`, rule);
    if (declared.has(key)) throw new TypeError(`rules: ${JSON.stringify(pattern)} is there twice`);
    declared.set(key, Object.freeze({ key, pattern, source: 'code', policy, ownWallet: undefined }));
  }
  return declared;
}

/**
 * Reads the rules in the options of services, their methods and the fields of requests.
 * @throws TypeError naming the method, service, field or extension whose option is wrong.
 */
export function rulesInProto(methods: ReadonlyMap<string, DescMethod | undefined>): ReadonlyMap<string, DeclaredRule> {
  const declared = new Map<string, DeclaredRule>();
  function declare(key: string, source: RuleSource, policy: MethodPolicy | undefined, ownWallet?: MessagePlan) {
    if ((policy === undefined && ownWallet === undefined) || declared.has(key)) return;
    const pattern = key.endsWith('*') ? key.slice(1) : key;
    declared.set(key, Object.freeze({ key, pattern, source, policy: policy ?? {}, ownWallet }));
  }
  refuseMarkedExtensions([...methods.values()].filter((method) => method !== undefined));
  for (const [path, method] of methods) {
    if (method === undefined) continue;
    declare(`/${method.parent.typeName}/*`, 'service option', servicePolicy(method.parent));
    declare(path, 'method option', methodPolicy(method), planOfOptions(method.input));
  }
  return declared;
}

function normalized(pattern: string): string {
  if (pattern === '*') return pattern;
  const name = PATTERN.exec(pattern)?.[1];
  if (name !== undefined) return `/${name}`;
  throw new TypeError(`rules: ${JSON.stringify(pattern)} must be /package.Service/Method, package.Service/* or *`);
}
