import { knownOptions, requiredInteger } from '../../options.js';
import type { Demands } from '../../verify/restrictions.js';

/** What a node demands of tokens, beside that they are good. It is demanded of the tokens that callers have, so of nobody without one. */
export interface RequireOptions {
  /** An audience that names this node, one of the option `audience`: else WRONG_AUDIENCE. Default `false`. */
  readonly audience?: boolean | undefined;
  /** A challenge of this node, by the option `challenge`: else CHALLENGE_REQUIRED. It makes an audience necessary. Default `false`. */
  readonly challenge?: boolean | undefined;
  /** How old a token may be, in milliseconds, where that is less than `maxAgeMs`. 1 000 to 31 622 400 000 (366 days). Default: `maxAgeMs`. */
  readonly maxLifetimeMs?: number | undefined;
}

const MAX_LIFETIME_MS = 31_622_400_000;

/**
 * Reads what is demanded.
 * @param name how to call it in errors, such as `rules["a.S/M"].require`.
 * @returns `undefined` if it is nothing.
 * @throws TypeError naming what is wrong.
 */
export function demandsOf(name: string, options: RequireOptions | undefined): Demands | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${name} must be { audience, challenge, maxLifetimeMs }`);
  }
  try {
    knownOptions(options, ['audience', 'challenge', 'maxLifetimeMs']);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
  const { audience, challenge, maxLifetimeMs } = options;
  for (const [property, value] of Object.entries({ audience, challenge })) {
    if (value !== undefined && typeof value !== 'boolean')
      throw new TypeError(`${name}.${property} must be true or false`);
  }
  if (maxLifetimeMs !== undefined) {
    requiredInteger(`${name}.maxLifetimeMs`, maxLifetimeMs, 1_000, MAX_LIFETIME_MS);
  }
  if (audience !== true && challenge !== true && maxLifetimeMs === undefined) return undefined;
  return Object.freeze({ audience: audience === true, challenge: challenge === true, maxLifetimeMs });
}

/** All that either demands. */
export function strictest(one: Demands | undefined, other: Demands | undefined): Demands | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const lifetimes = [one.maxLifetimeMs, other.maxLifetimeMs].filter((each) => each !== undefined);
  return Object.freeze({
    audience: one.audience || other.audience,
    challenge: one.challenge || other.challenge,
    maxLifetimeMs: lifetimes.length > 0 ? Math.min(...lifetimes) : undefined,
  });
}

/** What a node has, of what can be demanded. */
export interface Demandable {
  readonly audience?: unknown;
  readonly challenge?: unknown;
}

/** @throws TypeError if the node demands what it does not have itself: every token would be refused. */
export function checkDemands(name: string, demands: Demands | undefined, node: Demandable): void {
  if (demands?.audience === true && node.audience === undefined) {
    throw new TypeError(`${name}.audience needs the option audience: the names of this node`);
  }
  if (demands?.challenge === true && node.challenge === undefined) {
    throw new TypeError(`${name}.challenge needs the option challenge`);
  }
}
