import type { ChannelCredentials, requestCallback } from '@grpc/grpc-js';

import { descriptors } from '#protobuf';

import type {
  Device,
  DeviceServiceWhoAmIResponse,
  ListDevicesResponse,
  RevokeDeviceResponse,
  RevokeOtherDevicesResponse,
} from '../../../gen/walletauth/v1/devices_pb.js';
import type { TargetTokenSource, TokenSource } from '../../client/token-source.js';
import { integer } from '../../options.js';
import { createClient, type CreateClientOptions } from './create-client.js';

/** How `createDeviceClient` behaves. */
export interface DeviceClientOptions extends CreateClientOptions {
  /** Longest time of a call, in milliseconds. 1 to 600 000 (ten minutes). Default 10 000 (ten seconds). */
  timeoutMs?: number | undefined;
}

/** A device of the caller's wallet, as its node tells. Times are in milliseconds since the Unix epoch. */
export interface ListedDevice {
  /** `<wallet>/<32 hex digits>`. */
  readonly deviceId: string;
  /** What its owner calls it; empty if it was never named. */
  readonly label: string;
  readonly firstSeenMs: number;
  /** Give or take a minute. */
  readonly lastSeenMs: number;
  /** The IP address of its last call, where the node keeps addresses. */
  readonly lastAddress: string | undefined;
  /** On the node that answered. */
  readonly openStreams: number;
  /** Whether it is the one that called. */
  readonly isCaller: boolean;
  /** Whether it is more than one that called once. */
  readonly isConfirmed: boolean;
}

/** A client of a node's device service. Its methods reject with grpc-js's errors, for `authReasonOf` and `code`. */
export interface DeviceClient {
  /** Who the node takes this device for, when its token ends there, and the node's clock. */
  whoAmI(): Promise<{ wallet: string; deviceId: string; expiresAtMs: number; serverTimeMs: number }>;
  /** The devices of the wallet, the newest first, 1000 at most, and how many older ones were left out. */
  list(): Promise<{ devices: readonly ListedDevice[]; omitted: number }>;
  /** Signs a device out for ever, this one too. @returns whether it was not before. */
  revoke(deviceId: string): Promise<{ changed: boolean }>;
  /** Signs all other devices of the wallet out. @returns whether that changed anything. */
  revokeOthers(): Promise<{ changed: boolean }>;
  /** Labels a device: at most 64 characters, without control and direction characters. */
  rename(deviceId: string, label: string): Promise<void>;
  /** Closes the connection. */
  close(): void;
}

/**
 * Makes a client of the device service of a node, with `createClient`.
 * @throws TypeError as `createClient` does, and if `timeoutMs` is wrong.
 * @example
 * import { credentials } from '@grpc/grpc-js';
 * import { createDeviceClient } from 'grpc-wallet-auth/grpc';
 *
 * const client = createDeviceClient('node.example:443', credentials.createSsl(), source);
 * const { devices } = await client.list();
 * const lost = devices.find(({ label }) => label === 'old phone');
 * if (lost) await client.revoke(lost.deviceId);
 */
export function createDeviceClient(
  target: string,
  credentials: ChannelCredentials,
  source: TokenSource | TargetTokenSource,
  options: DeviceClientOptions = {},
): DeviceClient {
  const { timeoutMs: given, ...clientOptions } = options;
  const timeoutMs = integer('timeoutMs', given, 10_000, 1, 600_000);
  const client = createClient(descriptors().DeviceService, target, credentials, source, clientOptions);
  const within = () => ({ deadline: Date.now() + timeoutMs });

  return Object.freeze<DeviceClient>({
    async whoAmI() {
      const answer = await answerTo<DeviceServiceWhoAmIResponse>((done) => client.whoAmI({}, within(), done));
      const { wallet, deviceId, expiresAtMs, serverTimeMs } = answer;
      return { wallet, deviceId, expiresAtMs: Number(expiresAtMs), serverTimeMs: Number(serverTimeMs) };
    },
    async list() {
      const answer = await answerTo<ListDevicesResponse>((done) => client.listDevices({}, within(), done));
      return { devices: answer.devices.map(listedDevice), omitted: answer.omitted };
    },
    async revoke(deviceId) {
      const { changed } = await answerTo<RevokeDeviceResponse>((done) =>
        client.revokeDevice({ deviceId }, within(), done),
      );
      return { changed };
    },
    async revokeOthers() {
      const { changed } = await answerTo<RevokeOtherDevicesResponse>((done) =>
        client.revokeOtherDevices({}, within(), done),
      );
      return { changed };
    },
    async rename(deviceId, label) {
      await answerTo((done) => client.renameDevice({ deviceId, label }, within(), done));
    },
    close: () => client.close(),
  });
}

function answerTo<O>(call: (done: requestCallback<O>) => unknown): Promise<O> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer as O)));
  });
}

function listedDevice(device: Device): ListedDevice {
  const { deviceId, label, firstSeenMs, lastSeenMs, lastAddress, openStreams, isCaller, isConfirmed } = device;
  return {
    deviceId,
    label,
    firstSeenMs: Number(firstSeenMs),
    lastSeenMs: Number(lastSeenMs),
    lastAddress,
    openStreams,
    isCaller,
    isConfirmed,
  };
}
