import type { TokenSource } from '../client/token-source.js';

/**
 * Makes a token source that always returns this text, good or not, and ignores all that a node reports.
 * @param text what follows `Bearer `.
 * @throws TypeError if it is not a text.
 * @example
 * import { attachToken } from 'grpc-wallet-auth/grpc';
 * import { fixedToken, mintToken } from 'grpc-wallet-auth/testing';
 *
 * const expired = fixedToken(mintToken({ refusedFor: 'TOKEN_EXPIRED' }));
 * const interceptor = attachToken(expired, { retry: false });
 */
export function fixedToken(text: string): TokenSource {
  if (typeof text !== 'string') throw new TypeError('fixedToken takes a text');
  const source: TokenSource = Object.freeze({
    get: async () => text,
    invalidate: () => undefined,
    noteServerTime: () => undefined,
    noteExpiry: () => undefined,
    noteChallenge: () => undefined,
    forTarget: () => source,
  });
  return source;
}
