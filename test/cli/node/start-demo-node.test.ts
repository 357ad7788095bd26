import {
  credentials,
  logVerbosity,
  makeClientConstructor,
  Metadata,
  setLogVerbosity,
  status as Status,
} from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { startDemoNode, type DemoNode, type DemoNodeOptions } from '../../../src/cli/node/start-demo-node.js';
import { createTokenSource } from '../../../src/client/index.js';
import { createClient, grpcServiceDefinition, type GrpcClient } from '../../../src/grpc/index.js';
import { mintIdentity } from '../../../src/testing/index.js';
import { callKinds, kinds } from '../../support/demo-server.js';

type DemoClient = GrpcClient<typeof DemoService>;

const BareClient = makeClientConstructor(grpcServiceDefinition(DemoService), 'Demo');
const identity = mintIdentity();
const { wallet, deviceId } = identity;

let node: DemoNode;
const clients: { close(): void }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await node.stop();
});

async function start(options?: DemoNodeOptions): Promise<{ known: DemoClient; anonymous: DemoClient }> {
  node = await startDemoNode(options);
  const known = createClient(DemoService, node.address, credentials.createInsecure(), createTokenSource(identity));
  const anonymous = new BareClient(node.address, credentials.createInsecure()) as unknown as DemoClient;
  clients.push(known, anonymous);
  return { known, anonymous };
}

describe('startDemoNode', () => {
  it.each(kinds)('%s: answers with the wallet, and requires a token', async (kind) => {
    const { known, anonymous } = await start();
    const { wallets, error } = await callKinds[kind](known);
    expect({ wallets: new Set(wallets), error }).toEqual({ wallets: new Set([wallet]), error: undefined });
    expect((await callKinds[kind](anonymous)).error?.code).toBe(Status.UNAUTHENTICATED);
  });

  it('whoAmI answers with all facts of the identity', async () => {
    const { known } = await start();
    const before = Date.now();
    const answer = await new Promise((resolve) => void known.whoAmI({}, (_, message) => resolve(message)));
    expect(answer).toMatchObject({ wallet, deviceId });
    const { issuedAtMs, expiresAtMs } = answer as { issuedAtMs: bigint; expiresAtMs: bigint };
    expect(Number(issuedAtMs)).toBeGreaterThanOrEqual(before);
    expect(expiresAtMs - issuedAtMs).toBe(3_600_000n);
  });

  it('where the rules admit anonymous callers, whoAmI answers them and the others do not', async () => {
    const { anonymous } = await start({ auth: { rules: { 'walletauth.demo.v1.DemoService/*': 'optional' } } });
    const outcomes = await Promise.all(kinds.map((kind) => callKinds[kind](anonymous)));
    expect(outcomes.map(({ wallets, error }) => [wallets, error !== undefined])).toEqual(
      kinds.map((kind) => (kind === 'unary' ? [[''], false] : [[], true])),
    );
  });

  it('countUp counts to 1,000 and no further', async () => {
    const { known } = await start();
    const count = (limit: number) =>
      new Promise<{ numbers: number; code: number | undefined }>((resolve) => {
        let numbers = 0;
        const call = known.countUp({ limit }, new Metadata());
        call.on('data', () => numbers++);
        call.on('error', (error: Error & { code: number }) => resolve({ numbers, code: error.code }));
        call.on('end', () => resolve({ numbers, code: undefined }));
      });
    expect(await count(0)).toEqual({ numbers: 0, code: undefined });
    expect(await count(1_000)).toEqual({ numbers: 1_000, code: undefined });
    expect(await count(1_001)).toEqual({ numbers: 0, code: Status.INVALID_ARGUMENT });
  });

  it('keeps working after callers that cancel in the middle', async () => {
    const { known } = await start();
    for (let i = 0; i < 5; i++) {
      const chat = known.chat();
      chat.on('error', () => undefined);
      chat.write({ text: 'hello' });
      await new Promise((resolve) => chat.once('data', resolve));
      chat.cancel();
      const notes = known.collectNotes(() => undefined);
      notes.write({ text: 'one' });
      notes.cancel();
    }
    expect((await callKinds.unary(known)).wallets).toEqual([wallet]);
  });

  it('listens on IPv6 loopback, where there is one', async ({ skip }) => {
    const started = await start({ host: '::1' }).catch((error: unknown) => error);
    if (started instanceof Error) {
      node = await startDemoNode();
      return skip('no IPv6 here');
    }
    expect(node.address).toMatch(/^\[::1\]:\d+$/);
    return expect((await callKinds.unary((started as { known: DemoClient }).known)).wallets).toEqual([wallet]);
  });

  it('refuses a rule that names no method', async () => {
    node = await startDemoNode();
    await expect(
      startDemoNode({ auth: { rules: { '/walletauth.demo.v1.DemoService/WhoIAm': 'public' } } }),
    ).rejects.toThrow(TypeError);
  });

  it('rejects with one line that says why it cannot listen', async () => {
    node = await startDemoNode();
    setLogVerbosity(logVerbosity.NONE); // grpc-js reports it on standard error as well
    const port = Number(node.address.split(':')[1]);
    await expect(startDemoNode({ port })).rejects.toThrow(`cannot listen on ${node.address}: address already in use`);
  });
});
