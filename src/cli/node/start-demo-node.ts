import { Server, ServerCredentials } from '@grpc/grpc-js';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { walletAuth, type WalletAuthOptions } from '../../grpc/server/wallet-auth.js';
import { grpcServiceDefinition } from '../../grpc/service-definition.js';
import { demoHandlers } from './demo-service.js';

/** Where a demo node listens and whom it lets in. Every option may be left out. */
export interface DemoNodeOptions {
  /** A host name or address of this machine. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** 0 to 65 535; 0 takes a free one. Default 0. */
  readonly port?: number | undefined;
  /** How the door decides. Default: everybody with a good token. */
  readonly auth?: WalletAuthOptions | undefined;
  /** Registers more services before the node listens. */
  readonly addServices?: ((server: Server) => void) | undefined;
}

/** A demo node that listens. */
export interface DemoNode {
  /** `host:port`, as clients take it. */
  readonly address: string;
  /** The name of the curve in use. */
  readonly curve: string;
  /** How many verified tokens its door caches now. */
  readonly cachedTokens: number;
  /** Takes no new calls, and ends those that still run after the given time, in milliseconds. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Starts a plaintext grpc-js server with the demo service behind `walletAuth`.
 * @throws TypeError if an option of the door is wrong or a rule names no method, Error if it cannot listen there.
 */
export async function startDemoNode(options: DemoNodeOptions = {}): Promise<DemoNode> {
  const { host = '127.0.0.1', port = 0, auth, addServices } = options;
  const interceptor = walletAuth(auth);
  interceptor.checkRules([DemoService]);

  const server = new Server({ interceptors: [interceptor] });
  server.addService(grpcServiceDefinition(DemoService), { ...demoHandlers });
  addServices?.(server);
  const hostPart = host.includes(':') ? `[${host}]` : host;
  const bound = await listen(server, `${hostPart}:${port}`);

  return Object.freeze({
    address: `${hostPart}:${bound}`,
    curve: interceptor.curve,
    get cachedTokens() {
      return interceptor.cachedTokens;
    },
    stop: (graceMs = 0) => stop(server, graceMs),
  });
}

/** @returns the port. */
function listen(server: Server, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (!error) return resolve(port);
      server.forceShutdown();
      const reason = /listen E\w+: ([a-z ]+[a-z])/.exec(error.message)?.[1] ?? error.message;
      return reject(new Error(`cannot listen on ${target}: ${reason}`, { cause: error }));
    });
  });
}

function stop(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
