import { once } from 'node:events';

import { Server, type ServerDuplexStream, type ServerReadableStream, type ServerWritableStream } from '@grpc/grpc-js';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { isAuthError } from '../../src/errors.js';
import { addDeviceService } from '../../src/grpc/server/device-service.js';
import { getIdentity } from '../../src/grpc/server/identity-of.js';
import { leaseOf } from '../../src/grpc/server/lease-of.js';
import { walletAuth } from '../../src/grpc/server/wallet-auth.js';
import { grpcServiceDefinition, type GrpcHandlers } from '../../src/grpc/service-definition.js';
import { serviceError } from '../../src/grpc/status.js';
import { bindToLoopback } from '../support/demo-server.js';
import type { NeutralContext, NeutralHandlers, Transport } from './node.js';

/** grpc-js. */
export const grpcJs: Transport = {
  name: 'grpc-js',
  protocols: [{ name: 'grpc', httpVersion: '2' }],
  async serve({ gate, handlers, devices, services = [] }) {
    const facts = walletAuth(gate);
    const server = new Server({ interceptors: [facts] });
    server.addService(grpcServiceDefinition(DemoService), { ...demoHandlers(handlers) });
    if (devices) addDeviceService(server, devices);
    for (const service of services) {
      const methods = Object.keys(grpcServiceDefinition(service));
      const empty = (_: unknown, done: (error: null, answer: object) => void) => done(null, {});
      server.addService(grpcServiceDefinition(service), Object.fromEntries(methods.map((name) => [name, empty])));
    }
    const port = await bindToLoopback(server);
    return {
      facts,
      baseUrl: () => `http://127.0.0.1:${port}`,
      close: async () => server.forceShutdown(),
    };
  },
};

type AnyCall = Parameters<typeof getIdentity>[0] & {
  readonly cancelled: boolean;
  once(event: 'cancelled', run: () => void): unknown;
};

function contextOf(call: AnyCall): NeutralContext {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  else call.once('cancelled', () => controller.abort());
  return { identity: getIdentity(call), lease: leaseOf(call), signal: controller.signal };
}

function demoHandlers(handlers: NeutralHandlers): GrpcHandlers<typeof DemoService> {
  return {
    whoAmI: (call, done) => void single(() => handlers.whoAmI(contextOf(call)), done),
    collectNotes: (call, done) => void single(() => handlers.collectNotes(contextOf(call), requestsOf(call)), done),
    countUp: (call) => void respond(call, () => handlers.countUp(contextOf(call), call.request)),
    chat: (call) => void respond(call, () => handlers.chat(contextOf(call), requestsOf(call))),
  };
}

async function single<T>(run: () => Promise<T>, done: (error: Error | null, answer?: T) => void): Promise<void> {
  try {
    done(null, await run());
  } catch (error) {
    done(complete(error));
  }
}

async function* requestsOf<T>(
  call: ServerReadableStream<T, unknown> | ServerDuplexStream<T, unknown>,
): AsyncIterable<T> {
  yield* call.iterator({ destroyOnReturn: false });
}

async function respond<T>(
  call: ServerWritableStream<unknown, T> | ServerDuplexStream<unknown, T>,
  run: () => AsyncIterable<T>,
): Promise<void> {
  try {
    for await (const message of run()) {
      if (call.cancelled) return;
      if (!call.write(message)) await Promise.race([once(call, 'drain'), once(call, 'cancelled')]);
    }
    call.end();
  } catch (error) {
    if (!call.cancelled) call.emit('error', complete(error));
  }
}

function complete(error: unknown): Error {
  return isAuthError(error) ? serviceError(error) : (error as Error);
}
