import { refusal, type AuthError } from '../errors.js';
import { RevocationsFull } from './revocation/revocations.js';

/** The refusal of a device that is revoked. */
export function deviceRevoked(deviceId: string): AuthError {
  return refusal('DEVICE_REVOKED', { cause: { deviceId } });
}

/** The refusal of a device that is back before what its last life left is cleaned up. */
export function cleaningUp(deviceId: string): AuthError {
  return refusal('AUTH_UNAVAILABLE', { cause: `what ${deviceId} left is being cleaned up` });
}

/** The refusal of everybody where it is not known any more what is revoked. */
export function storeAway(): AuthError {
  return refusal('AUTH_UNAVAILABLE', { cause: 'the store of devices was away for too long' });
}

/** The refusal of everything after `close`. */
export function registryClosed(): AuthError {
  return refusal('AUTH_UNAVAILABLE', { cause: 'the device registry is closed' });
}

/**
 * What a store answers.
 * @throws AuthError AUTH_UNAVAILABLE if it is away, with what it rejected with as the cause; RevocationsFull as it is.
 */
export async function answerOf<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof RevocationsFull) throw cause;
    throw refusal('AUTH_UNAVAILABLE', { cause });
  }
}
