/** What a method asks of its callers. */
export type AuthRule =
  /** A good token, or no call. The default. */
  | 'required'
  /** A good token or none: the identity is there if the token is. A bad token is refused. */
  | 'optional'
  /** Anybody; the handler learns no identity and `authorize` is not asked. A bad token is refused all the same. */
  | 'public';

/** Rules by pattern: `/package.Service/Method`, `package.Service/*` or `*`. The most specific one wins. */
export type AuthRules = Readonly<Record<string, AuthRule>>;

/** The rule that applies to a method, and the pattern that says so. */
export interface MethodRule {
  readonly auth: AuthRule;
  /** The pattern as it was written; `default` if none matched. */
  readonly pattern: string;
}

/** Finds the rule of a method. */
export interface RuleTable {
  /** @param path `/package.Service/Method`. */
  ruleOf(path: string): MethodRule;
  /** Every rule that was written, by its normalized pattern: `/package.Service/Method`, `/package.Service/*` or `*`. */
  readonly patterns: ReadonlyMap<string, MethodRule>;
}

const PATTERN = /^\/?([A-Za-z_][\w.]*\/(?:[A-Za-z_]\w*|\*))$/;
const RULES: readonly unknown[] = ['required', 'optional', 'public'] satisfies AuthRule[];

/** What applies where no rule is written: closed. */
const CLOSED: MethodRule = Object.freeze({ auth: 'required', pattern: 'default' });

/**
 * Reads the rules once.
 * @throws TypeError naming a pattern or rule that is wrong, or written twice.
 */
export function compileRules(rules: AuthRules = {}): RuleTable {
  if (typeof rules !== 'object' || rules === null) throw new TypeError('rules must be an object');
  const patterns = new Map<string, MethodRule>();
  for (const [pattern, auth] of Object.entries(rules)) {
    const key = normalized(pattern);
    if (!RULES.includes(auth)) {
      throw new TypeError(`rules[${JSON.stringify(pattern)}] must be 'required', 'optional' or 'public'`);
    }
    if (patterns.has(key)) throw new TypeError(`rules: ${JSON.stringify(pattern)} is there twice`);
    patterns.set(key, Object.freeze({ auth, pattern }));
  }
  return {
    patterns,
    ruleOf(path) {
      const service = path.slice(0, path.lastIndexOf('/'));
      return patterns.get(path) ?? patterns.get(`${service}/*`) ?? patterns.get('*') ?? CLOSED;
    },
  };
}

function normalized(pattern: string): string {
  if (pattern === '*') return pattern;
  const name = PATTERN.exec(pattern)?.[1];
  if (name !== undefined) return `/${name}`;
  throw new TypeError(`rules: ${JSON.stringify(pattern)} must be /package.Service/Method, package.Service/* or *`);
}
