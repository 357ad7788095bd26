import type { WalletIdentity } from '../identity.js';
import { EXPIRES_KEY } from '../status-details.js';

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
    exposedHeaders: Object.freeze([EXPIRES_KEY, 'retry-after', 'www-authenticate']),
  });

/**
 * The header of a good answer that says when the caller's token ends, so that the client renews it in time.
 * @param identity what `authenticate` returned. Without one there is no such header.
 * @example
 * import { expiryHeaders } from 'grpc-wallet-auth/http';
 *
 * const answer = Response.json({}, { headers: expiryHeaders(undefined) });
 */
export function expiryHeaders(identity: WalletIdentity | undefined): Record<string, string> {
  return identity === undefined ? {} : { [EXPIRES_KEY]: String(identity.expiresAtMs) };
}
