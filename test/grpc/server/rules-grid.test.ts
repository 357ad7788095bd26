import { makeClientConstructor, credentials, Metadata, Server, type ServiceError } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import type { AuthReason } from '../../../src/errors.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import { getIdentity, type CallWithAuthContext } from '../../../src/grpc/server/identity-of.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { grpcServiceDefinition } from '../../../src/grpc/service-definition.js';
import { authDetailsOf } from '../../../src/grpc/status.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { compileProto, serviceOf } from '../../support/compile-proto.js';
import { authorization, bindToLoopback } from '../../support/demo-server.js';
import { now, tokens } from '../../support/tokens.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;

/** What protocol authors write; one service for each rule. */
const services = (['Required', 'Optional', 'Public'] as const).map(
  (rule) => `
    service ${rule} {
      option (walletauth.v1.service) = {auth: AUTH_${rule.toUpperCase()}, limit: "calls"};
      rpc Unary(Line) returns (Line);
      rpc ClientStream(stream Line) returns (Line);
      rpc ServerStream(Line) returns (stream Line);
      rpc Bidi(stream Line) returns (stream Line);
    }`,
);
let registry: ReturnType<typeof compileProto>;
beforeAll(() => {
  registry = compileProto(`
    message Line { Owner owner = 1; string wallet = 2; }
    message Owner { string address = 1 [(walletauth.v1.own_wallet) = true]; }
    ${services.join('')}`);
});

interface Line {
  readonly owner?: { readonly address: string };
  readonly wallet?: string;
}
type Kind = (typeof kinds)[number];
const kinds = ['unary', 'clientStream', 'serverStream', 'bidi'] as const;

/** A stream in a handler or a client, as far as this file uses one. */
interface Stream extends CallWithAuthContext {
  write(line: Line): void;
  end(line?: Line): void;
  on(event: string, listener: (value: never) => void): Stream;
}
type Answer = (error: ServiceError | null, line?: Line) => void;
type AnyClient = Record<Kind, (...args: unknown[]) => Stream> & { close(): void };

async function start(name: string, options: WalletAuthOptions) {
  const service = serviceOf(registry, name);
  const seen = { handlers: 0, messages: 0, events: [] as string[] };
  const onDecision = ({ decision, reason }: DecisionEvent) =>
    void seen.events.push(`${decision} ${reason ?? ''}`.trim());
  const auth = walletAuth({ now, services: [service], onDecision, ...options });
  const own = (call: unknown): Line => ({ wallet: getIdentity((seen.handlers++, call as Stream))?.wallet ?? 'nobody' });
  const handlers = {
    unary: (call: Stream, answer: Answer) => answer(null, own(call)),
    clientStream(call: Stream, answer: Answer) {
      const line = own(call);
      call.on('data', () => undefined).on('end', () => answer(null, line));
    },
    serverStream(call: Stream) {
      call.write(own(call));
      call.end();
    },
    bidi(call: Stream) {
      const line = own(call);
      call.on('data', () => call.write(line)).on('end', () => call.end());
    },
  };
  const definition = Object.fromEntries(
    Object.entries(grpcServiceDefinition(service)).map(([method, { requestDeserialize, ...rest }]) => [
      method,
      { ...rest, requestDeserialize: (bytes: Buffer) => (seen.messages++, requestDeserialize(bytes)) },
    ]),
  );
  const server = new Server({ interceptors: [auth] });
  server.addService(definition, handlers as never);
  const port = await bindToLoopback(server);
  const Client = makeClientConstructor(definition, service.typeName);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure()) as unknown as AnyClient;
  onTestFinished(() => {
    client.close();
    server.forceShutdown();
  });
  return { client, seen };
}

/** One call to the end; streams of requests have two messages, the last of which is the line. */
function complete(client: AnyClient, kind: Kind, metadata: Metadata, line: Line) {
  return new Promise<{ wallets: Set<string | undefined>; error?: ServiceError }>((resolve) => {
    const wallets = new Set<string | undefined>();
    const answer: Answer = (error, answered) => {
      if (answered) wallets.add(answered.wallet);
      resolve(error ? { wallets, error } : { wallets });
    };
    const listen = (stream: Stream) =>
      stream
        .on('data', ({ wallet }: Line) => wallets.add(wallet))
        .on('error', (error: ServiceError) => resolve({ wallets, error }))
        .on('end', () => resolve({ wallets }));
    if (kind === 'unary') return void client.unary(line, metadata, answer);
    if (kind === 'serverStream') return void listen(client.serverStream(line, metadata));
    const stream = kind === 'bidi' ? listen(client.bidi(metadata)) : client.clientStream(metadata, answer);
    stream.write({});
    return stream.end(line);
  });
}

const good = authorization(tokens.good);
const bad = authorization(tokens.forged);
const none = new Metadata();
const plenty = { classes: { default: { points: 100, windowMs: 60_000 }, calls: { points: 100, windowMs: 60_000 } } };
const tight = { classes: { default: { points: 100, windowMs: 60_000 }, calls: { points: 1, windowMs: 60_000 } } };

type Rule = 'Required' | 'Optional' | 'Public';
interface Row {
  readonly metadata: Metadata;
  readonly line?: Line;
  readonly options?: WalletAuthOptions;
  /** How many calls go before. */
  readonly before?: number;
  /** Why each rule refuses, before the handler or for the last message; not at all where there is no reason. */
  readonly refused: Partial<Record<Rule, AuthReason>>;
  readonly atMessage?: true;
}
const all = (reason: AuthReason) => ({ Required: reason, Optional: reason, Public: reason });

const rows: Record<string, Row> = {
  'no token': { metadata: none, refused: { Required: 'MISSING_CREDENTIALS' } },
  'a bad token': { metadata: bad, refused: all('INVALID_AUTH_DATA_SIGNATURE') },
  'a good token': { metadata: good, line: { owner: { address: alice } }, refused: {} },
  'a denied wallet': {
    metadata: good,
    options: { access: { deny: [alice] } },
    refused: { Required: 'ACCESS_DENIED', Optional: 'ACCESS_DENIED' }, // public: judged by the address alone
  },
  'a denied address': {
    metadata: good,
    options: { access: { deny: ['127.0.0.1'] } },
    refused: all('ACCESS_DENIED'),
  },
  'a call over the limit': {
    metadata: good,
    options: { limits: tight },
    before: 1,
    refused: all('RATE_LIMITED'),
  },
  "another's wallet in a field": {
    metadata: good,
    line: { owner: { address: bob } },
    refused: all('ACCESS_DENIED'),
    atMessage: true,
  },
  'a wallet in a field and no token': {
    metadata: none,
    line: { owner: { address: alice } },
    refused: { ...all('ACCESS_DENIED'), Required: 'MISSING_CREDENTIALS' },
    atMessage: true,
  },
};

describe.each(['Required', 'Optional', 'Public'] as const)('%s', (rule) => {
  describe.each(kinds)('%s', (kind) => {
    it.each(Object.entries(rows))('%s', async (_, { metadata, line = {}, options, before = 0, refused, atMessage }) => {
      const { client, seen } = await start(rule, { limits: plenty, ...options });
      for (let i = 0; i < before; i++) expect((await complete(client, kind, metadata, line)).error).toBeUndefined();
      const { handlers, messages, events } = { ...seen, events: seen.events.splice(0) };
      expect(events).toEqual(Array(before).fill('admitted'));

      const { wallets, error } = await complete(client, kind, metadata, line);
      const reason = refused[rule];
      expect(authDetailsOf(error)?.reason).toBe(reason);
      expect(authDetailsOf(error)?.retryAfterMs).toBe(reason === 'RATE_LIMITED' ? 60_000 : undefined);
      const requestStream = kind === 'clientStream' || kind === 'bidi';
      if (reason === undefined) {
        const known = metadata === good && rule !== 'Public';
        expect(wallets).toEqual(new Set([known ? alice : 'nobody']));
        expect(seen).toEqual({
          handlers: handlers + 1,
          messages: messages + (requestStream ? 2 : 1),
          events: ['admitted'],
        });
      } else if (atMessage && reason === 'ACCESS_DENIED') {
        expect(error?.details).toBe('owner.address must be your own wallet address');
        expect(seen.handlers).toBe(handlers + (requestStream ? 1 : 0));
        expect(seen.events).toEqual(['admitted', 'ended ACCESS_DENIED']);
      } else {
        expect(seen).toEqual({ handlers, messages, events: [`refused ${reason}`] });
      }
    });
  });
});
