import { AuthError } from '../errors.js';
import type { IdentityKeyFields } from '../token/fields.js';
import { nsToMs } from '../token/times.js';

/** The last millisecond at which a certificate is good, since the Unix epoch; `Infinity` for no end. */
export function certificateEndMs({ notAfterNs }: Pick<IdentityKeyFields, 'notAfterNs'>): number {
  return notAfterNs === undefined ? Infinity : nsToMs(notAfterNs);
}

/**
 * Makes sure that no token is made which every node would refuse.
 * @param createdMs when it is made, in milliseconds since the Unix epoch.
 * @throws AuthError CERTIFICATE_EXPIRED
 */
export function checkCertificateEnd(key: Pick<IdentityKeyFields, 'notAfterNs'>, createdMs: number): void {
  const endMs = certificateEndMs(key);
  if (createdMs > endMs) throw certificateExpired({ createdMs, endMs });
}

/** What whoever needs a token of an ended certificate gets. */
export function certificateExpired(cause: unknown): AuthError {
  const message = 'the certificate of this identity has ended: the wallet has to certify it again';
  return new AuthError('CERTIFICATE_EXPIRED', { message, cause });
}
