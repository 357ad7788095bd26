import { secretsOf, type DeviceIdentity } from './device-identity.js';
import { clientSettings, type ClientOptions } from './options.js';
import { signToken } from './sign-token.js';

/** How a token is made: by which clock, with which curve. */
export type TokenOptions = Pick<ClientOptions, 'now' | 'curve'>;

/**
 * Makes a token: the text that follows `Bearer ` in the `authorization` header. It is good from now until the node's
 * `maxAge` has passed, one hour by default. Calls in a row want a `TokenSource`, which keeps one token for all of them.
 * @throws TypeError if an option is wrong or the identity is none.
 * @example
 * import { createToken } from 'grpc-wallet-auth/client';
 *
 * const response = await fetch('https://node.example/notes', {
 *   headers: { authorization: `Bearer ${createToken(identity)}` },
 * });
 */
export function createToken(identity: DeviceIdentity, options: TokenOptions = {}): string {
  const { nowMs, curve } = clientSettings(options, ['now', 'curve']);
  return signToken({ ...secretsOf(identity), createdMs: nowMs() }, curve);
}
