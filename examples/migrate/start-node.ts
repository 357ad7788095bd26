import { promisify } from 'node:util';

import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { authenticated, walletAuth } from 'grpc-wallet-auth/grpc';
import type { SettableClock } from 'grpc-wallet-auth/testing';

import { Mailbox, type PollResponse, type SendRequest } from '../queues/mailbox.js';
import type { Release } from './releases.js';
import type { Tables } from './tables.js';

/** A running node. */
export interface Node {
  /** `host:port`. */
  readonly address: string;
  readonly close: () => void;
}

/** Starts a node of some release on a free loopback port. Its cache of tokens is empty, as after every start. */
export async function startNode({ now, timers }: SettableClock, tables: Tables, release: Release): Promise<Node> {
  const { onToken, poll } = release(tables);
  const server = new Server({ interceptors: [walletAuth({ now, timers, onToken })] });
  server.addService(Mailbox.service, {
    send: authenticated<handleUnaryCall<SendRequest, object>>(({ request }) => {
      tables.send(request.wallet, request.text);
      return {};
    }),
    poll: authenticated<handleUnaryCall<object, PollResponse>>(({ identity, call }) => ({
      texts: poll(identity, String(call.metadata.get('authorization')[0])),
    })),
  });
  const listen = promisify(server.bindAsync.bind(server));
  const port = await listen('127.0.0.1:0', ServerCredentials.createInsecure());
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
