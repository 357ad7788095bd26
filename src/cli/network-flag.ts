import { networkNameOf } from '../token/revoke-statement.js';
import { UsageError } from './flags.js';

/** The name of a network from a flag. @throws UsageError if it can be none. */
export function networkFlag(name: string): string {
  try {
    return networkNameOf(name);
  } catch (error) {
    throw new UsageError((error as Error).message.replace('networkName', '--network'));
  }
}
