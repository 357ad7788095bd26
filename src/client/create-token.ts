import { checkCertificateEnd } from './certificate-end.js';
import { secretsOf, type DeviceIdentity } from './device-identity.js';
import { clientSettings, type ClientOptions } from './options.js';
import { signToken } from './sign-token.js';
import {
  restrictionFields,
  restrictionOptionNames,
  restrictionSettings,
  type RestrictionOptions,
} from './token-restrictions.js';

/** By which clock and with which curve a token is made. */
export type TokenOptions = Pick<ClientOptions, 'now' | 'curve'>;

/** How one token is made: by which clock, with which curve, and what it may not do. */
export type CreateTokenOptions = TokenOptions & RestrictionOptions;

/**
 * Makes a token: the text that follows `Bearer ` in the `authorization` header. It is good from now until the node's
 * `maxAge` has passed, one hour by default. Calls in a row want a `TokenSource`, which keeps one token for all of them.
 * @throws TypeError if an option is wrong or the identity is none.
 * @throws AuthError CERTIFICATE_EXPIRED if the identity's certificate has ended: no node would take the token.
 * @example
 * import { createToken } from 'grpc-wallet-auth/client';
 *
 * const response = await fetch('https://node.example/notes', {
 *   headers: { authorization: `Bearer ${createToken(identity)}` },
 * });
 */
export function createToken(identity: DeviceIdentity, options: CreateTokenOptions = {}): string {
  const { nowMs, curve } = clientSettings(options, ['now', 'curve', ...restrictionOptionNames]);
  const settings = restrictionSettings(options);
  const secrets = secretsOf(identity);
  const createdMs = nowMs();
  checkCertificateEnd(secrets.key, createdMs);
  return signToken({ ...secrets, createdMs, restrictions: restrictionFields(settings, createdMs) }, curve);
}
