import type { Admission } from '../gate/decision.js';
import type { WalletIdentity } from '../identity.js';
import { CHALLENGE_HEADER, CHALLENGE_KEY, EXPIRES_KEY } from '../status-details.js';

/**
 * What a server has to allow and show to pages of other origins, for the options of a CORS library.
 * @example
 * import { corsHeaders } from 'grpc-wallet-auth/http';
 *
 * const headers = { 'access-control-expose-headers': corsHeaders.exposedHeaders.join(', ') };
 */
export const corsHeaders: { readonly allowedHeaders: readonly string[]; readonly exposedHeaders: readonly string[] } =
  Object.freeze({
    /** What pages may send: for `access-control-allow-headers`. A wildcard there does not stand for `authorization`. */
    allowedHeaders: Object.freeze(['authorization', 'content-type']),
    /** What pages may read: for `access-control-expose-headers`. */
    exposedHeaders: Object.freeze([EXPIRES_KEY, CHALLENGE_HEADER, CHALLENGE_KEY, 'retry-after', 'www-authenticate']),
  });

/** What goes out with the next answer to a caller, where that is not what its identity says: that of its last request. */
const answers = new WeakMap<WalletIdentity, Pick<Admission, 'expiresAtMs' | 'challenge'>>();

/** A caller was admitted. */
export function noteAdmission({ identity, expiresAtMs, challenge }: Admission): void {
  if (identity === undefined) return;
  if (challenge !== undefined || expiresAtMs !== identity.expiresAtMs)
    answers.set(identity, { expiresAtMs, challenge });
  else answers.delete(identity);
}

/**
 * The headers of a good answer that say when the caller's token ends, so that the client renews it in time, and which challenge
 * its next one is to carry, if the gate has the option `challenge`.
 * @param identity what `authenticate` returned, itself and no copy. Without one there are no such headers.
 * @example
 * import { expiryHeaders } from 'grpc-wallet-auth/http';
 *
 * const answer = Response.json({}, { headers: expiryHeaders(undefined) });
 */
export function expiryHeaders(identity: WalletIdentity | undefined): Record<string, string> {
  if (identity === undefined) return {};
  const { expiresAtMs = identity.expiresAtMs, challenge } = answers.get(identity) ?? {};
  return {
    [EXPIRES_KEY]: String(expiresAtMs),
    ...(challenge !== undefined && { [CHALLENGE_HEADER]: challenge }),
  };
}
