import { mintToken, type MintTokenOptions } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';

/** The time at which these tokens are made: where every settable clock starts. */
export const { now } = settableClock();

/** A token made at `now`, as an `authorization` value. */
export function bearerToken(options: MintTokenOptions = {}): string {
  return `Bearer ${mintToken({ now, ...options })}`;
}

/** The `authorization` values that callers send: Alice's unless named otherwise, made at `now`. */
export const tokens = Object.freeze({
  good: bearerToken(),
  bobs: bearerToken({ wallet: testWallets.bob }),
  expired: bearerToken({ refusedFor: 'TOKEN_EXPIRED' }),
  fromFuture: bearerToken({ refusedFor: 'TOKEN_FROM_FUTURE' }),
  /** Claims another wallet than the one that certified its key. */
  wrongWallet: bearerToken({ refusedFor: 'WALLET_MISMATCH' }),
  /** Signed by another key than the certified one. */
  forged: bearerToken({ refusedFor: 'INVALID_AUTH_DATA_SIGNATURE' }),
  /** Without a certificate. */
  uncertified: bearerToken({ refusedFor: 'UNSIGNED_IDENTITY_KEY' }),
});
