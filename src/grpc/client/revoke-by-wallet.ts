import { makeClientConstructor, type ChannelCredentials } from '@grpc/grpc-js';

import { descriptors } from '#protobuf';

import type { DeviceService as Service, RevokeByWalletResponse } from '../../../gen/walletauth/v1/devices_pb.js';
import { isLoopbackTarget } from '../../client/loopback.js';
import type { SignedRevocation } from '../../client/sign-revocation.js';
import { integer, knownOptions } from '../../options.js';
import { grpcServiceDefinition } from '../service-definition.js';
import type { GrpcClient } from './grpc-client.js';

/** How `revokeByWallet` behaves. */
export interface RevokeByWalletOptions {
  /** Longest time of the call, in milliseconds. 1 to 600 000 (ten minutes). Default 10 000 (ten seconds). */
  timeoutMs?: number | undefined;
  /** Calls hosts that are not loopback in clear. Anybody on the way can then give the answer. Default `false`. */
  allowInsecure?: boolean | undefined;
}

/**
 * Gives a node what a wallet has signed, without any device or token. It may be called again: what is revoked stays so.
 * @returns whether it was not revoked before.
 * @throws TypeError if an option is wrong, or the channel is plaintext and its target is not loopback. Rejects with grpc-js's
 *   errors, for `authReasonOf` and `code`: UNIMPLEMENTED where the node takes no statements, INVALID_ARGUMENT for a time ahead of
 *   its clock, FAILED_PRECONDITION where it takes one about all devices only.
 * @example
 * import { credentials } from '@grpc/grpc-js';
 * import { signRevocation } from 'grpc-wallet-auth/client';
 * import { revokeByWallet } from 'grpc-wallet-auth/grpc';
 *
 * const revocation = await signRevocation(wallet, { networkName: 'notes.example' });
 * await revokeByWallet('node.example:443', credentials.createSsl(), revocation);
 */
export async function revokeByWallet(
  target: string,
  credentials: ChannelCredentials,
  revocation: SignedRevocation,
  options: RevokeByWalletOptions = {},
): Promise<{ changed: boolean }> {
  knownOptions(options, ['timeoutMs', 'allowInsecure']);
  const { allowInsecure = false } = options;
  if (typeof allowInsecure !== 'boolean') throw new TypeError('allowInsecure must be a boolean');
  const timeoutMs = integer('timeoutMs', options.timeoutMs, 10_000, 1, 600_000);
  if (!allowInsecure && !credentials._isSecure() && !isLoopbackTarget(target))
    throw new TypeError(`anybody could answer in clear for ${target}; use TLS credentials, or set allowInsecure`);
  const client = clientOf(target, credentials);
  try {
    const { changed } = await answerTo(client, requestOf(revocation), Date.now() + timeoutMs);
    return { changed };
  } finally {
    client.close();
  }
}

type DeviceServiceClient = GrpcClient<typeof Service>;
type Request = Parameters<DeviceServiceClient['revokeByWallet']>[0];

function clientOf(target: string, credentials: ChannelCredentials): DeviceServiceClient {
  const { DeviceService } = descriptors();
  const ClientOf = makeClientConstructor(grpcServiceDefinition(DeviceService), DeviceService.typeName);
  // a proxy would carry loopback traffic off this machine
  const options = isLoopbackTarget(target) ? { 'grpc.enable_http_proxy': 0 } : {};
  return new ClientOf(target, credentials, options) as unknown as DeviceServiceClient;
}

function requestOf({ wallet, deviceId, untilMs, signature }: SignedRevocation): Request {
  if (deviceId !== undefined) return { wallet, scope: { case: 'deviceId', value: deviceId }, signature };
  return { wallet, scope: { case: 'untilMs', value: BigInt(untilMs ?? 0) }, signature };
}

function answerTo(client: DeviceServiceClient, request: Request, deadline: number): Promise<RevokeByWalletResponse> {
  return new Promise((resolve, reject) => {
    client.revokeByWallet(request, { deadline }, (error, answer) =>
      error ? reject(error) : resolve(answer as RevokeByWalletResponse),
    );
  });
}
