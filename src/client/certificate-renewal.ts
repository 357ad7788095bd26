import type { AuthError } from '../errors.js';
import { certificateExpired } from './certificate-end.js';
import { secretsOf, type DeviceIdentity, type DeviceSecrets } from './device-identity.js';

/** How long after a failure nothing is certified again, in milliseconds. */
const PAUSE_MS = 60_000;

/** How long a new certificate is kept that a node refuses, in milliseconds: whoever is prompted must not be prompted without end. */
const MIN_USE_MS = 3_600_000;

/** The identity of a source, and the one in its place once its certificate has ended. */
export interface CurrentSecrets {
  /** The identity and its key; the same promise for all, made anew after a failure. */
  get(): Promise<DeviceSecrets>;
  /**
   * Gets a new certificate in place of one that ended: one call of `onCertificateExpired` for all who wait, and none within a minute
   * of one that failed.
   * @param isEnded whether a certificate is of no use.
   * @throws AuthError CERTIFICATE_EXPIRED if there is no such function, or it failed: with its error as the cause.
   */
  renew(ended: DeviceSecrets, isEnded: (secrets: DeviceSecrets) => boolean): Promise<DeviceSecrets>;
  /** Whether a certificate may be replaced because a node refused it. */
  mayRenew(refused: DeviceSecrets): boolean;
  /** The user acts: no failure stands in the way any more. */
  rearm(): void;
}

/** @param nowMs this device's clock, in milliseconds since the Unix epoch. */
export function currentSecrets(
  identity: DeviceIdentity | (() => DeviceIdentity | Promise<DeviceIdentity>),
  onExpired: (() => DeviceIdentity | Promise<DeviceIdentity>) | undefined,
  nowMs: () => number,
): CurrentSecrets {
  let asked: Promise<DeviceSecrets> | undefined;
  let running: Promise<DeviceSecrets> | undefined;
  let failed: { readonly error: AuthError; readonly atMs: number } | undefined;
  let renewed: { readonly secrets: DeviceSecrets; readonly atMs: number } | undefined;

  const ask = async () => secretsOf(await (typeof identity === 'function' ? identity() : identity));
  const forget = (failure: unknown): never => {
    asked = undefined;
    throw failure;
  };

  async function certify(isEnded: (secrets: DeviceSecrets) => boolean): Promise<DeviceSecrets> {
    if (onExpired === undefined) throw certificateExpired('there is no onCertificateExpired');
    if (failed !== undefined && isWithin(PAUSE_MS, failed.atMs)) throw failed.error;
    try {
      const secrets = secretsOf(await onExpired());
      if (isEnded(secrets)) throw new Error('the new certificate has ended, too');
      renewed = { secrets, atMs: nowMs() };
      asked = Promise.resolve(secrets);
      return secrets;
    } catch (cause) {
      failed = { error: certificateExpired(cause), atMs: nowMs() };
      throw failed.error;
    }
  }

  function isWithin(ms: number, sinceMs: number): boolean {
    const passedMs = nowMs() - sinceMs;
    return passedMs >= 0 && passedMs < ms;
  }

  return {
    get: () => (asked ??= ask().catch(forget)),
    async renew(ended, isEnded) {
      const now = await this.get();
      if (now !== ended) return now; // somebody else waited for it
      running ??= certify(isEnded).finally(() => (running = undefined));
      return running;
    },
    mayRenew(refused) {
      if (onExpired === undefined) return false;
      return refused !== renewed?.secrets || !isWithin(MIN_USE_MS, renewed.atMs);
    },
    rearm() {
      failed = renewed = undefined;
    },
  };
}
