import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { connectNodeAdapter } from '@connectrpc/connect-node';
import { deviceRoutes, requireIdentity, walletAuth } from 'grpc-wallet-auth/connect';
import { createDeviceRegistry, type DeviceRegistry, type DeviceRegistryOptions } from 'grpc-wallet-auth/devices';

import { ChatService } from './gen/chat_pb.js';
import type { PageFiles } from './page-files.js';
import { Room } from './room.js';

/** What can be set; the clock is for tests. */
export interface ChatOptions extends Pick<DeviceRegistryOptions, 'now' | 'timers'> {
  readonly page: PageFiles;
  /** 0, the default: a free one. */
  readonly port?: number | undefined;
}

/** A running chat. */
export interface ChatNode {
  readonly url: string;
  readonly devices: DeviceRegistry;
  readonly close: () => Promise<void>;
}

/**
 * Serves the page, the chat and the devices of its users on one port. It speaks HTTP/1.1, which browsers use without TLS, and listens
 * on loopback only: anywhere else tokens need TLS. What it knows is in memory, so a restart forgets who was logged out, too.
 */
export async function startChat({ page, port = 0, now, timers }: ChatOptions): Promise<ChatNode> {
  const devices = await createDeviceRegistry({ now, timers });
  const auth = walletAuth({
    services: [ChatService], // its policies are in chat.proto
    devices,
    limits: {
      classes: { default: { points: 300, windowMs: 60_000 }, send: { points: 10, windowMs: 10_000 } }, // of each wallet
      beforeAuthentication: { points: 1_000, windowMs: 60_000 }, // of each address
    },
    failedTokenLimit: { failures: 20, windowMs: 60_000 },
    now,
    timers,
  });
  const room = new Room(now);
  const handler = connectNodeAdapter({
    routes(router) {
      router.service(ChatService, {
        send: ({ text }, context) => room.say(requireIdentity(context).wallet, text),
        listen: ({ afterMs }, { signal }) => room.listen(afterMs, signal),
      });
      deviceRoutes(devices, { now })(router);
    },
    readMaxBytes: 4_096,
    ...auth.adapter,
  });
  const server = createServer((request, response) => {
    if (!page.serve(request, response)) handler(request, response);
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    devices,
    async close() {
      server.close();
      server.closeAllConnections();
      await devices.close();
    },
  };
}
