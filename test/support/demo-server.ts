import type { EventEmitter } from 'node:events';

import {
  credentials,
  makeClientConstructor,
  Metadata,
  Server,
  ServerCredentials,
  type Client,
  type ClientOptions,
  type Interceptor,
  type ServerInterceptor,
  type ServiceError,
} from '@grpc/grpc-js';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import type { GrpcClient } from '../../src/grpc/client/grpc-client.js';
import { getIdentity } from '../../src/grpc/server/identity-of.js';
import { grpcServiceDefinition, type GrpcHandlers } from '../../src/grpc/service-definition.js';

/** A real server on loopback that counts what reaches its handlers. */
export interface DemoServer {
  readonly port: number;
  readonly target: string;
  /** How many handlers were started. */
  readonly handlersRun: () => number;
  /** How many request messages reached a handler or were parsed for one. */
  readonly messagesParsed: () => number;
  /** A new client; closed together with the server. */
  readonly client: (interceptors?: Interceptor[], options?: ClientOptions) => GrpcClient<typeof DemoService>;
  /** Handlers that take the place of its own. */
  readonly own: Partial<GrpcHandlers<typeof DemoService>>;
  readonly close: () => void;
}

export const definition = grpcServiceDefinition(DemoService);

export async function startDemoServer(...interceptors: ServerInterceptor[]): Promise<DemoServer> {
  let handlers = 0;
  let messages = 0;
  const own: Partial<GrpcHandlers<typeof DemoService>> = {};
  const walletOf = (call: Parameters<typeof getIdentity>[0]) => getIdentity(call)?.wallet ?? 'nobody';
  const implementation: GrpcHandlers<typeof DemoService> = {
    whoAmI(call, callback) {
      handlers++;
      if (own.whoAmI) return own.whoAmI(call, callback);
      callback(null, { wallet: walletOf(call), deviceId: getIdentity(call)?.deviceId ?? '' });
    },
    collectNotes(call, callback) {
      handlers++;
      if (own.collectNotes) return own.collectNotes(call, callback);
      let count = 0;
      call.on('data', () => count++);
      call.on('end', () => callback(null, { wallet: walletOf(call), count }));
    },
    countUp(call) {
      handlers++;
      if (own.countUp) return own.countUp(call);
      for (let number = 1; number <= call.request.limit; number++) call.write({ wallet: walletOf(call), number });
      call.end();
    },
    chat(call) {
      handlers++;
      if (own.chat) return own.chat(call);
      call.on('data', ({ text }: { text: string }) => call.write({ wallet: walletOf(call), text }));
      call.on('end', () => call.end());
    },
  };
  const counted = Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: (bytes: Buffer) => (messages++, method.requestDeserialize(bytes)) },
    ]),
  );
  const server = new Server({ interceptors });
  server.addService(counted, { ...implementation });
  const port = await bindToLoopback(server);
  const target = `127.0.0.1:${port}`;
  const clients: Client[] = [];
  const DemoClient = makeClientConstructor(definition, DemoService.typeName);
  return {
    port,
    target,
    handlersRun: () => handlers,
    messagesParsed: () => messages,
    client(clientInterceptors = [], options = {}) {
      const client = new DemoClient(target, credentials.createInsecure(), {
        ...options,
        interceptors: clientInterceptors,
      });
      clients.push(client);
      return client as unknown as GrpcClient<typeof DemoService>;
    },
    own,
    close() {
      for (const client of clients) client.close();
      server.forceShutdown();
    },
  };
}

/** Gives a server any free port on loopback. */
export function bindToLoopback(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

/** What a call came to, whichever kind it is: the wallets that the answers name and the initial metadata, or the error. */
export interface Outcome {
  readonly wallets: readonly string[];
  readonly metadata: Metadata | undefined;
  readonly error: ServiceError | undefined;
}

type DemoClient = GrpcClient<typeof DemoService>;

/** One call of each of the four kinds, to the end. */
export const callKinds: Record<
  'unary' | 'client stream' | 'server stream' | 'bidi stream',
  (client: DemoClient, metadata?: Metadata) => Promise<Outcome>
> = {
  unary: (client, metadata = new Metadata()) => single((done) => client.whoAmI({}, metadata, done)),
  'client stream': (client, metadata = new Metadata()) =>
    single((done) => {
      const call = client.collectNotes(metadata, done);
      call.write({ text: 'a' });
      call.end({ text: 'b' });
      return call;
    }),
  'server stream': (client, metadata = new Metadata()) => streamed(client.countUp({ limit: 2 }, metadata)),
  'bidi stream': (client, metadata = new Metadata()) => {
    const call = client.chat(metadata);
    call.write({ text: 'a' });
    call.end({ text: 'b' });
    return streamed(call);
  },
};

/** The paths of the demo service's methods, by call kind. */
export const methodOf = {
  unary: definition.whoAmI.path,
  'client stream': definition.collectNotes.path,
  'server stream': definition.countUp.path,
  'bidi stream': definition.chat.path,
} as const;

export type CallKind = keyof typeof callKinds;

export const kinds = Object.keys(callKinds) as CallKind[];

/** Metadata with one `authorization` value. */
export function authorization(value: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', value);
  return metadata;
}

/** The same as a proxy sends it on that was called from an address. */
export function forwarded(metadata: Metadata, address: string): Metadata {
  const sent = metadata.clone();
  sent.add('x-forwarded-for', address);
  return sent;
}

function single(
  begin: (done: (error: ServiceError | null, answer?: { wallet: string }) => void) => EventEmitter,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let metadata: Metadata | undefined;
    const call = begin((error, answer) => {
      resolve({ wallets: answer ? [answer.wallet] : [], metadata, error: error ?? undefined });
    });
    call.on('metadata', (received) => (metadata = received));
  });
}

function streamed(call: EventEmitter): Promise<Outcome> {
  return new Promise((resolve) => {
    const wallets: string[] = [];
    let metadata: Metadata | undefined;
    call.on('metadata', (received) => (metadata = received));
    call.on('data', ({ wallet }: { wallet: string }) => wallets.push(wallet));
    call.on('error', (error: ServiceError) => resolve({ wallets, metadata, error }));
    call.on('end', () => resolve({ wallets, metadata, error: undefined }));
  });
}
