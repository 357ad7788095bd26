import type { DeviceIdentity } from '../client/device-identity.js';
import { importIdentity } from '../client/import-identity.js';
import { readInput } from './read-input.js';
import { UsageError } from './usage-error.js';

/** Far more than an identity needs. */
const MAX_FILE_BYTES = 4_096;

/**
 * Reads an identity that `wallet-auth identity` wrote and checks all of it.
 * @param name a path, or `-` for standard input.
 * @throws UsageError if there is none.
 */
export async function readIdentity(name: string): Promise<DeviceIdentity> {
  const bytes = await readInput(name, MAX_FILE_BYTES);
  try {
    return importIdentity(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${name === '-' ? 'standard input' : name}: ${why}`);
  }
}
