import { credentials, status as Status } from '@grpc/grpc-js';

import { createTokenSource } from '../../client/create-token-source.js';
import type { DeviceIdentity } from '../../client/device-identity.js';
import { isLoopbackTarget } from '../../client/loopback.js';
import { createDeviceClient, type DeviceClient } from '../../grpc/client/device-client.js';
import { authReasonOf } from '../../grpc/status.js';
import { guardGrpcLog } from './grpc-log.js';

/** Where a node listens, and how to reach it. */
export interface NodeAddress {
  /** `host:port`. */
  readonly address: string;
  /** Whether to speak plaintext to a host that is not this machine. This machine always gets plaintext, others TLS. */
  readonly insecure: boolean;
}

/** Statuses with which a node that works says no. */
const REFUSED: readonly Status[] = [
  Status.FAILED_PRECONDITION,
  Status.INVALID_ARGUMENT,
  Status.NOT_FOUND,
  Status.PERMISSION_DENIED,
  Status.RESOURCE_EXHAUSTED,
  Status.UNAUTHENTICATED,
];

/** The node said no. Its message is the node's, in plain text. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/**
 * Makes calls of the device service with an identity, and closes the connection.
 * @throws RefusedError if the node refuses one, Error in one line if it cannot be called.
 */
export async function callNode<T>(
  { address, insecure }: NodeAddress,
  identity: DeviceIdentity,
  calls: (client: DeviceClient) => Promise<T>,
): Promise<T> {
  guardGrpcLog();
  const plaintext = insecure || isLoopbackTarget(address);
  const channel = plaintext ? credentials.createInsecure() : credentials.createSsl();
  const client = createDeviceClient(address, channel, createTokenSource(identity), { allowInsecure: insecure });
  try {
    return await calls(client);
  } catch (error) {
    throw toCommandError(error, address);
  } finally {
    client.close();
  }
}

/** What a call failed with, for the user of a command. */
export function toCommandError(error: unknown, address: string): unknown {
  const { code, details } = error as { code?: Status; details?: string };
  if (code === undefined || details === undefined) return error;
  const reason = authReasonOf(error);
  if (reason !== undefined || REFUSED.includes(code)) {
    return new RefusedError(`${reason ?? Status[code]} (${details})`, { cause: error });
  }
  if (code === Status.UNIMPLEMENTED) return new Error(`${address} has no device service`, { cause: error });
  return new Error(`cannot call ${address}: ${Status[code]}: ${details}`, { cause: error });
}
