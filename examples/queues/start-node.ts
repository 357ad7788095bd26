import { promisify } from 'node:util';

import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { createDeviceRegistry, type DeviceRegistry } from 'grpc-wallet-auth/devices';
import { authenticated, walletAuth } from 'grpc-wallet-auth/grpc';
import type { SettableClock } from 'grpc-wallet-auth/testing';

import { Mailbox, type PollResponse, type SendRequest } from './mailbox.js';
import type { Queues } from './queues.js';

/** A running node. */
export interface MailboxNode {
  /** `host:port`. */
  readonly address: string;
  readonly devices: DeviceRegistry;
  readonly queues: Queues;
  readonly close: () => Promise<void>;
}

/**
 * Starts a node on a free loopback port.
 * @param makeQueues by what the node keeps its queues.
 */
export async function startMailboxNode(
  { now, timers }: SettableClock,
  makeQueues: (devices: DeviceRegistry) => Queues,
): Promise<MailboxNode> {
  const devices = await createDeviceRegistry({ now, timers });
  const queues = makeQueues(devices);
  const server = new Server({ interceptors: [walletAuth({ devices, now, timers })] });
  server.addService(Mailbox.service, {
    send: authenticated<handleUnaryCall<SendRequest, object>>(({ request }) => {
      for (const { wallet, texts } of queues.all()) if (wallet === request.wallet) texts.push(request.text);
      return {};
    }),
    poll: authenticated<handleUnaryCall<object, PollResponse>>(({ identity, call }) => {
      const authorization = String(call.metadata.get('authorization')[0]);
      return { texts: queues.of(identity, authorization)?.texts.splice(0) ?? [] };
    }),
  });
  const listen = promisify(server.bindAsync.bind(server));
  const port = await listen('127.0.0.1:0', ServerCredentials.createInsecure());
  return {
    address: `127.0.0.1:${port}`,
    devices,
    queues,
    async close() {
      server.forceShutdown();
      await devices.close();
    },
  };
}
