import type { DeviceIdentity } from '../../client/device-identity.js';
import { exportIdentity, importIdentity } from '../../client/import-identity.js';
import type { Address } from '../../crypto/address.js';
import { AuthError } from '../../errors.js';
import { withTimeLimit } from '../../time-limit.js';
import type { IdentityStorage } from '../identity-storage.js';
import { StorageError } from '../storage-error.js';
import type { SessionSettings } from './session-options.js';

/** How long a storage may take, in milliseconds. */
const LIMIT_MS = 15_000;

/**
 * Reads a wallet's identity and checks all of it.
 * @returns `undefined` if there is none, or none that a node would accept from this wallet.
 * @throws what the storage throws; StorageError FAILED if it does not answer.
 */
export async function loadIdentity(
  { storage, client }: SessionSettings,
  wallet: Address,
): Promise<DeviceIdentity | undefined> {
  const bytes = await inTime(storage.load(wallet));
  if (bytes === undefined) return undefined;
  try {
    const identity = importIdentity(bytes, { statement: client.statement, curve: client.curve });
    return identity.wallet === wallet ? identity : undefined;
  } catch (error) {
    if (error instanceof AuthError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** @returns whether it is there again in the next run. A storage that fails costs a prompt then, not the login now. */
export async function saveIdentity(storage: IdentityStorage, identity: DeviceIdentity): Promise<boolean> {
  try {
    await inTime(storage.save(identity.wallet, exportIdentity(identity)));
    return storage.isPersistent;
  } catch {
    return false;
  }
}

/** @throws what the storage throws; StorageError FAILED if it does not answer. */
export async function removeIdentity(storage: IdentityStorage, wallet: Address): Promise<void> {
  await inTime(storage.remove(wallet));
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  return withTimeLimit(
    answer,
    LIMIT_MS,
    () => new StorageError('FAILED', `the storage did not answer in ${LIMIT_MS} ms`),
  );
}
