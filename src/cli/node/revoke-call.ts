import { credentials, status as Status } from '@grpc/grpc-js';

import { isLoopbackTarget } from '../../client/loopback.js';
import type { SignedRevocation } from '../../client/sign-revocation.js';
import { revokeByWallet } from '../../grpc/client/revoke-by-wallet.js';
import { toCommandError, type NodeAddress } from './device-calls.js';
import { guardGrpcLog } from './grpc-log.js';

export { RefusedError } from './device-calls.js';

/**
 * Gives a node what a wallet has signed.
 * @throws RefusedError if the node refuses it, Error in one line if it cannot be called or takes no statements.
 */
export async function revokeOnNode(
  { address, insecure }: NodeAddress,
  revocation: SignedRevocation,
): Promise<{ changed: boolean }> {
  guardGrpcLog();
  const plaintext = insecure || isLoopbackTarget(address);
  const channel = plaintext ? credentials.createInsecure() : credentials.createSsl();
  try {
    return await revokeByWallet(address, channel, revocation, { allowInsecure: insecure });
  } catch (error) {
    const { code } = error as { code?: Status };
    if (code !== Status.UNIMPLEMENTED) throw toCommandError(error, address);
    throw new Error(`${address} takes no statements of wallets`, { cause: error });
  }
}
