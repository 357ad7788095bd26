import type { DescMethod } from '@bufbuild/protobuf';

import type { FieldPlan } from './own-wallet.js';
import { readPolicy, type AuthRule, type MethodPolicy } from './policy.js';
import { methodPolicy, servicePolicy, type ProtoPolicy } from './proto-policy.js';

/** Rules by pattern: `/package.Service/Method`, `package.Service/*` or `*`. The most specific one wins, word by word. */
export type AuthRules<Metadata = unknown> = Readonly<Record<string, AuthRule | MethodPolicy<Metadata>>>;

/** Where a rule is written. */
export type RuleSource = 'code' | 'method option' | 'service option' | 'default';

/** One rule as it is written. */
export interface WrittenRule<Metadata = unknown> {
  /** `/package.Service/Method`, `/package.Service/*` or `*`. */
  readonly key: string;
  /** The pattern as it was written; `default` for what applies where nothing is. */
  readonly pattern: string;
  readonly source: RuleSource;
  readonly policy: MethodPolicy<Metadata>;
  /** The fields that a `.proto` marks in the request. */
  readonly fields: FieldPlan | undefined;
}

const PATTERN = /^\/?([A-Za-z_][\w.]*\/(?:[A-Za-z_]\w*|\*))$/;

/**
 * Reads the rules in code.
 * @returns them by key.
 * @throws TypeError naming a pattern or rule that is wrong, or written twice.
 */
export function rulesInCode<Metadata>(rules: AuthRules<Metadata>): ReadonlyMap<string, WrittenRule<Metadata>> {
  if (typeof rules !== 'object' || rules === null) throw new TypeError('rules must be an object');
  const written = new Map<string, WrittenRule<Metadata>>();
  for (const [pattern, said] of Object.entries(rules)) {
    const key = normalized(pattern);
    const policy = readPolicy(`rules[${JSON.stringify(pattern)}]`, said);
    if (written.has(key)) throw new TypeError(`rules: ${JSON.stringify(pattern)} is there twice`);
    written.set(key, Object.freeze({ key, pattern, source: 'code', policy, fields: undefined }));
  }
  return written;
}

/**
 * Reads the rules in the options of services and their methods.
 * @throws TypeError naming the method, service or field whose option is wrong.
 */
export function rulesInProto(methods: ReadonlyMap<string, DescMethod | undefined>): ReadonlyMap<string, WrittenRule> {
  const written = new Map<string, WrittenRule>();
  const write = (key: string, source: RuleSource, said: ProtoPolicy | undefined) => {
    const pattern = key.endsWith('*') ? key.slice(1) : key;
    if (said && !written.has(key)) written.set(key, Object.freeze({ key, pattern, source, ...said }));
  };
  for (const [path, method] of methods) {
    if (method === undefined) continue;
    write(`/${method.parent.typeName}/*`, 'service option', servicePolicy(method.parent));
    write(path, 'method option', methodPolicy(method));
  }
  return written;
}

function normalized(pattern: string): string {
  if (pattern === '*') return pattern;
  const name = PATTERN.exec(pattern)?.[1];
  if (name !== undefined) return `/${name}`;
  throw new TypeError(`rules: ${JSON.stringify(pattern)} must be /package.Service/Method, package.Service/* or *`);
}
