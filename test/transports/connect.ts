import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

import type { ConnectRouter, HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { deviceRoutes } from '../../src/connect/server/device-routes.js';
import { getIdentity } from '../../src/connect/server/identity-of.js';
import { leaseOf } from '../../src/connect/server/lease-of.js';
import { walletAuth } from '../../src/connect/server/wallet-auth.js';
import type { NeutralContext, Running, Served, Transport } from './node.js';

/** Connect, of the version that `@connectrpc/connect` stands for in a test file. */
export const connect: Transport = {
  name: 'Connect',
  protocols: [
    { name: 'connect', httpVersion: '1.1' },
    { name: 'connect', httpVersion: '2' },
    { name: 'grpc-web', httpVersion: '1.1' },
    { name: 'grpc', httpVersion: '2' },
  ],
  serve: (served) => serveConnect(served),
};

/** Serves over HTTP/1.1 and, on another port, over HTTP/2 without TLS. */
export async function serveConnect({ gate, handlers, devices, services = [] }: Served): Promise<Running> {
  const auth = walletAuth(gate);
  const handler = connectNodeAdapter({
    routes(router) {
      router.service(DemoService, {
        whoAmI: (_, context) => handlers.whoAmI(contextOf(context)),
        collectNotes: (requests, context) => handlers.collectNotes(contextOf(context), requests),
        countUp: (request, context) => handlers.countUp(contextOf(context), request),
        chat: (requests, context) => handlers.chat(contextOf(context), requests),
      });
      if (devices) deviceRoutes(devices)(router);
      for (const service of services) serveEmpty(router, service);
    },
    ...auth.adapter,
  });
  const http1 = createServer(handler);
  const http2 = createHttp2Server(handler);
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => sessions.add(session));
  const ports = await Promise.all([http1, http2].map(listen));
  return {
    facts: auth,
    baseUrl: ({ httpVersion }) => `http://127.0.0.1:${ports[httpVersion === '2' ? 1 : 0]}`,
    async close() {
      http1.close();
      http1.closeAllConnections();
      for (const session of sessions) session.destroy();
      http2.close();
    },
  };
}

function contextOf(context: HandlerContext): NeutralContext {
  return { identity: getIdentity(context), lease: leaseOf(context), signal: context.signal };
}

function serveEmpty(router: ConnectRouter, service: Parameters<ConnectRouter['service']>[0]): void {
  const names = service.methods.map(({ localName }) => localName);
  router.service(service, Object.fromEntries(names.map((name) => [name, () => ({})])) as object);
}

function listen(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
}): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
