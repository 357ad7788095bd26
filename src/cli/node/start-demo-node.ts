import { Server, ServerCredentials } from '@grpc/grpc-js';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { walletAuth, type WalletAuthOptions } from '../../grpc/server/wallet-auth.js';
import { grpcServiceDefinition } from '../../grpc/service-definition.js';
import { demoHandlers } from './demo-service.js';

/** Options of a demo node. All are optional. */
export interface DemoNodeOptions {
  /** A host name or address of this machine. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** 0 to 65 535; 0 chooses a free one. Default 0. */
  readonly port?: number | undefined;
  /** Options of its `walletAuth`. Default: every call with a good token is admitted. */
  readonly auth?: WalletAuthOptions | undefined;
  /** Registers more services before the node listens. */
  readonly addServices?: ((server: Server) => void) | undefined;
}

/** A running demo node. */
export interface DemoNode {
  /** `host:port`, as a client's target. */
  readonly address: string;
  /** The name of the curve in use. */
  readonly curve: string;
  /** How many verified tokens it caches now. */
  readonly cachedTokens: number;
  /** Accepts no new calls, and ends those that still run after the given time, in milliseconds. Default 0. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Starts a plaintext grpc-js server with the demo service behind `walletAuth`.
 * @throws TypeError if an option of `walletAuth` is wrong or a rule names no method, Error if it cannot listen there.
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
