import { secretsOf } from '../client/device-identity.js';
import { signToken, type TokenContent } from '../client/sign-token.js';
import {
  restrictionFields,
  restrictionOptionNames,
  restrictionSettings,
  type RestrictionOptions,
} from '../client/token-restrictions.js';
import { keccak256 } from '../crypto/hash.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import type { AuthReason } from '../errors.js';
import { clock, knownOptions, optionalFunction } from '../options.js';
import type { RestrictionFields } from '../token/fields.js';
import { NO_RESTRICTIONS } from '../token/restrictions.js';
import { mintIdentity, mintIdentityOptionNames, type MintIdentityOptions } from './mint-identity.js';
import { testWallets } from './test-wallets.js';

const TWO_HOURS_MS = 7_200_000;

/** The change that makes a node with default options refuse the token for this reason. */
const FLAWS = {
  /** Created two hours earlier. */
  TOKEN_EXPIRED: ({ createdMs }) => ({ createdMs: createdMs - TWO_HOURS_MS }),
  /** Created two hours later. */
  TOKEN_FROM_FUTURE: ({ createdMs }) => ({ createdMs: createdMs + TWO_HOURS_MS }),
  /** Claims another wallet. */
  WALLET_MISMATCH: ({ wallet }) => {
    const { alice, bob } = testWallets;
    return { wallet: wallet === bob.address ? alice.address : bob.address };
  },
  /** Claims an address that is none. */
  INVALID_WALLET_ADDRESS: () => ({ wallet: '0x0' }),
  /** Signed by another key than the certified one. */
  INVALID_AUTH_DATA_SIGNATURE: ({ privateKey }) => ({ privateKey: keccak256(privateKey) }),
  /** The certificate has a recovery id that no signature has. */
  INVALID_WALLET_SIGNATURE: ({ key }) => ({
    key: { ...key, signature: key.signature && { ...key.signature, recovery: 4 } },
  }),
  /** Is meant for a node of another name. */
  WRONG_AUDIENCE: (good) => restricted(good, { audience: ['nowhere.invalid:443'] }),
  /** Asks for a proof of possession. */
  UNSUPPORTED_RESTRICTION: (good) => restricted(good, { proofRequired: true }),
  /** Names one node twice. */
  MALFORMED_AUTH_DATA: (good) => restricted(good, { audience: ['twice.invalid:443', 'twice.invalid:443'] }),
  /** The certificate has ended a second before. */
  CERTIFICATE_EXPIRED: (good, options) => {
    const certificateExpiresAtMs = good.createdMs - 1_000;
    return { key: secretsOf(mintIdentity({ ...options, certificateExpiresAtMs })).key };
  },
  /** Carries a challenge of no node, and names all nodes that it names otherwise. Only nodes with a challenge refuse it. */
  CHALLENGE_REQUIRED: (good) => restricted(good, { challenge: new Uint8Array(16) }),
  /** May call no method that there is. */
  ACCESS_DENIED: (good) => restricted(good, { methods: ['none.None/None'] }),
  /** Has no certificate. */
  UNSIGNED_IDENTITY_KEY: ({ key }) => ({ key: { ...key, signature: undefined } }),
} as const satisfies Partial<
  Record<AuthReason, (good: TokenContent, options: MintIdentityOptions) => Partial<TokenContent>>
>;

/** The token with another restriction. */
function restricted({ restrictions }: TokenContent, change: Partial<RestrictionFields>): Partial<TokenContent> {
  return { restrictions: { ...(restrictions ?? NO_RESTRICTIONS), ...change } };
}

/** The reasons for which `mintToken` can make a token be refused. */
export type MintableReason = keyof typeof FLAWS;

/** Options of `mintToken`. All are optional. */
export interface MintTokenOptions extends MintIdentityOptions, RestrictionOptions {
  /** The clock that gives the token's creation time. Default: the system's. */
  now?: (() => Date) | undefined;
  /**
   * Breaks the token so that a node with default options and the same clock refuses it for this reason: TOKEN_EXPIRED
   * (created two hours before), TOKEN_FROM_FUTURE (two hours after), WALLET_MISMATCH (claims another wallet),
   * INVALID_WALLET_ADDRESS (claims `0x0`), INVALID_AUTH_DATA_SIGNATURE (forged: signed by another key),
   * INVALID_WALLET_SIGNATURE (recovery id 4), UNSIGNED_IDENTITY_KEY (no certificate), WRONG_AUDIENCE (for another node),
   * UNSUPPORTED_RESTRICTION (a proof that no call has), MALFORMED_AUTH_DATA (an audience twice) or CERTIFICATE_EXPIRED (a second ago).
   * With CHALLENGE_REQUIRED (a challenge of no node) only nodes with a challenge refuse it, with ACCESS_DENIED (for a method that
   * there is not) only gates do. Default: it is good.
   */
  refusedFor?: MintableReason | undefined;
}

/**
 * Makes a token for tests: the text after `Bearer `. Equal options at an equal time give an equal token.
 * @throws TypeError if an option is wrong.
 * @example
 * import { createVerifier } from 'grpc-wallet-auth';
 * import { mintToken, testWallets } from 'grpc-wallet-auth/testing';
 *
 * const good = `Bearer ${mintToken({ wallet: testWallets.bob })}`;
 * createVerifier().verify(good).wallet === testWallets.bob.address;
 * const expired = `Bearer ${mintToken({ refusedFor: 'TOKEN_EXPIRED' })}`;
 */
export function mintToken(options: MintTokenOptions = {}): string {
  knownOptions(options, [...mintIdentityOptionNames, ...restrictionOptionNames, 'now', 'refusedFor']);
  const { now, refusedFor, wallet, device, statement, certificateExpiresAtMs } = options;
  const identityOptions = { wallet, device, statement, certificateExpiresAtMs };
  if (refusedFor !== undefined && !Object.hasOwn(FLAWS, refusedFor)) {
    throw new TypeError(`refusedFor must be one of ${Object.keys(FLAWS).join(', ')}`);
  }
  const createdMs = clock(optionalFunction('now', now))();
  const restrictions = restrictionFields(restrictionSettings(options), createdMs);
  const good: TokenContent = { ...secretsOf(mintIdentity(identityOptions)), createdMs, restrictions };
  return signToken(
    refusedFor === undefined ? good : { ...good, ...FLAWS[refusedFor](good, identityOptions) },
    nobleCurve,
  );
}
