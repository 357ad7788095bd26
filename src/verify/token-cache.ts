import { createCache } from './cache.js';
import { tokenOf, type TokenIdentity } from './token-identity.js';

/** The verified tokens of a verifier, each with the identity that it proved. */
export interface TokenCache {
  readonly size: number;
  /** The identity of exactly this token; `undefined` if it is not cached. */
  get(token: string): TokenIdentity | undefined;
  set(identity: TokenIdentity): void;
  delete(identity: TokenIdentity): void;
}

/** Characters at the end of a token by which it is found: they hold half of its last signature. */
const PART = 48;

/**
 * Makes a cache of tokens. One is found by its last characters and then compared whole, because hashing all of them takes longer
 * than the rest of a look-up. Should two tokens end alike, which takes somebody who adds a field to one of them, then the later
 * one is found by all of its characters: the cost of a second look-up.
 * @param maxBytes bound of all entries together, as `maxCachedTokenBytes` counts.
 */
export function createTokenCache(maxTokens: number, maxBytes: number): TokenCache {
  const entries = createCache<TokenIdentity>(maxTokens, maxBytes, (identity) => tokenOf(identity).length);

  /** The key under which a token is or would be. */
  function keyOf(token: string): string {
    const part = token.slice(-PART);
    const found = entries.peek(part);
    return found === undefined || isOf(token, found) ? part : token;
  }

  return {
    get size() {
      return entries.size;
    },
    get(token) {
      const found = entries.get(token.slice(-PART));
      if (found === undefined || isOf(token, found)) return found;
      const other = entries.get(token);
      return other !== undefined && isOf(token, other) ? other : undefined;
    },
    set(identity) {
      const token = tokenOf(identity);
      const part = token.slice(-PART);
      if (entries.peek(part) === undefined) entries.add(part, identity);
      else entries.set(keyOf(token), identity);
    },
    delete(identity) {
      entries.delete(keyOf(tokenOf(identity)));
    },
  };
}

/** Whether an identity was proved by exactly this token. Nothing leaves the cache without this. */
function isOf(token: string, identity: TokenIdentity): boolean {
  return tokenOf(identity) === token;
}
