import { sha256 } from '../../crypto/hash.js';
import { toHex } from '../../crypto/hex.js';
import type { WalletIdentity } from '../../identity.js';
import { quietly } from '../../options.js';
import { bearerToken, type AuthorizationValue } from '../../token/bearer.js';
import type { NoteIdentity } from './authenticate.js';

/** A token that was verified, and the device that made it. */
export interface TokenEvent {
  /** `<wallet>/<32 hex digits>`: it stays the same from token to token. */
  readonly deviceId: string;
  /**
   * SHA-256 of the token as it stands in the header after `Bearer ` and before trailing spaces: of its base64 text, not of the
   * bytes that this encodes. 64 lower-case hex digits.
   */
  readonly tokenSha256: string;
  /** The last millisecond at which this node accepts the token, since the Unix epoch. */
  readonly endsAtMs: number;
}

/**
 * Takes note of identities, and reports each token once for as long as it is cached. A token that was cached although its device was refused is reported when
 * it is accepted first. Where tokens are not cached, each call reports its own.
 */
export function reporting(note: NoteIdentity, onToken: (event: TokenEvent) => void): NoteIdentity {
  /** A cached token has one identity. */
  const reported = new WeakSet<WalletIdentity>();
  return (call, identity) => {
    note(call, identity);
    if (reported.has(identity)) return;
    reported.add(identity);
    const { deviceId, expiresAtMs: endsAtMs } = identity;
    const tokenSha256 = sha256OfToken(call.authorization);
    quietly(() => onToken(Object.freeze({ deviceId, tokenSha256, endsAtMs })));
  };
}

function sha256OfToken(authorization: AuthorizationValue): string {
  const token = bearerToken(authorization, Infinity); // it was verified, so it is not too long
  return toHex(sha256(new TextEncoder().encode(token))).slice(2);
}
