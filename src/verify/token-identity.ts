import { deviceIdOf, type Address } from '../crypto/address.js';
import { BaseIdentity, computed } from '../identity.js';
import type { IdentityKeyFields } from '../token/fields.js';
import { keyTimeMs } from '../token/times.js';
import type { TimeWindow } from './time-window.js';
import type { VerifierTools } from './tools.js';

/** A device whose certificate was checked. The identities of its tokens share it. */
export interface CertifiedDevice {
  readonly wallet: Address;
  /** Computed when it is first read. */
  deviceId: string | undefined;
  readonly tools: VerifierTools;
}

/** What a token proved. */
export interface ProvenToken {
  /** Its text, in memory of its own. */
  readonly token: string;
  readonly device: CertifiedDevice;
  readonly issuedAtMs: number;
  readonly window: TimeWindow;
}

/** The text of the token that proved an identity. */
export let tokenOf: (identity: TokenIdentity) => string;
/** Whether that token is good at a time, in milliseconds since the Unix epoch, as far as the time decides. */
export let isGoodAt: (identity: TokenIdentity, nowMs: number) => boolean;

/**
 * The identity that a token proves, which is also what a verifier caches of the token. There are many of these, so they are kept
 * small: what is read rarely is computed from the token's text, and the beginning of its window is held as its distance from
 * `issuedAtMs`, a number that takes no memory of its own.
 */
export class TokenIdentity extends BaseIdentity {
  static readonly #deviceId = computed<TokenIdentity>((of) => {
    const { wallet, tools } = of.#device;
    return (of.#device.deviceId ??= deviceIdOf(wallet, TokenIdentity.#keyBytes(of), tools));
  });
  static readonly #identityKey = computed<TokenIdentity>((of) => Uint8Array.from(TokenIdentity.#keyBytes(of)));
  static readonly #certifiedAtMs = computed<TokenIdentity>((of) => keyTimeMs(TokenIdentity.#key(of)?.timestamp ?? 0n));

  declare readonly wallet: `0x${string}`;
  declare readonly deviceId: string;
  declare readonly identityKey: Uint8Array;
  declare readonly issuedAtMs: number;
  declare readonly expiresAtMs: number;
  declare readonly certifiedAtMs: number | undefined;
  readonly #token: string;
  readonly #device: CertifiedDevice;
  readonly #notBefore: number;

  constructor({ token, device, issuedAtMs, window }: ProvenToken) {
    super();
    this.wallet = device.wallet;
    Object.defineProperty(this, 'deviceId', TokenIdentity.#deviceId);
    Object.defineProperty(this, 'identityKey', TokenIdentity.#identityKey);
    this.issuedAtMs = issuedAtMs;
    this.expiresAtMs = window.notAfterMs;
    Object.defineProperty(this, 'certifiedAtMs', TokenIdentity.#certifiedAtMs);
    this.#token = token;
    this.#device = device;
    this.#notBefore = window.notBeforeMs - issuedAtMs;
    Object.freeze(this);
  }

  // out of the reach of whoever has an identity: a handler, and what it hands it to
  static {
    tokenOf = (identity) => identity.#token;
    isGoodAt = (identity, nowMs) => nowMs >= identity.issuedAtMs + identity.#notBefore && nowMs <= identity.expiresAtMs;
  }

  static #key(identity: TokenIdentity): IdentityKeyFields | undefined {
    return identity.#device.tools.reader.token(identity.#token).fields.identityKey;
  }

  static #keyBytes(identity: TokenIdentity): Uint8Array {
    return TokenIdentity.#key(identity)?.bytes ?? new Uint8Array();
  }
}
