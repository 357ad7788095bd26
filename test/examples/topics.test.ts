import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { credentials, Metadata, type Client, type ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import { MessageApi, type Envelope } from '../../examples/topics/message-api.js';
import { startTopicNode, type TopicNode } from '../../examples/topics/start-node.js';
import { mayPublish } from '../../examples/topics/topic-rules.js';
import { TokenSchema, type Token } from '../../gen/message_api/v1/authn_pb.js';
import type { LimitStore } from '../../src/gate/limits/limit-store.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { runExample } from '../support/run-example.js';

const { now } = settableClock();
const alice = testWallets.alice.address;
const bob = testWallets.bob.address;

let open: { close: () => void }[] = [];
afterEach(() => {
  for (const each of open) each.close();
  open = [];
});

/** The points charged, by `limit of key`. */
const spent: Record<string, number> = {};
const recordingStore: LimitStore = {
  open: (name) => (key, points) => {
    spent[`${name} of ${key}`] = (spent[`${name} of ${key}`] ?? 0) + points;
    return 0;
  },
};

async function start(privileged: readonly string[] = []): Promise<TopicNode> {
  for (const each of Object.keys(spent)) delete spent[each];
  const classes = { default: { points: 100, windowMs: 60_000 }, publish: { points: 100, windowMs: 60_000 } };
  const node = await startTopicNode(new Set(privileged), { now, limits: { classes, store: recordingStore } });
  open.push(node);
  return node;
}

type Method = (request: object, metadata: Metadata, done: (error: ServiceError | null) => void) => void;

/** One unary call; `undefined` if it went through. */
function call({ address }: TopicNode, method: string, request: object, token?: string) {
  const client = new MessageApi(address, credentials.createInsecure()) as unknown as Client & Record<string, Method>;
  open.push(client);
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return new Promise<{ code: number; details: string } | undefined>((resolve) => {
    client[method]?.(request, metadata, (error) =>
      resolve(error ? { code: error.code, details: error.details } : undefined),
    );
  });
}

const good = mintToken({ now });
const to = (...topics: string[]): { envelopes: Envelope[] } => ({
  envelopes: topics.map((contentTopic) => ({ contentTopic })),
});

/** A good token with a part changed. */
function changed(part: Partial<Token>): string {
  const token = fromBinary(TokenSchema, Buffer.from(good, 'base64'));
  return Buffer.from(toBinary(TokenSchema, { ...token, ...part })).toString('base64');
}

// The cases below are those of pkg/api/authentication_test.go of xmtp-node-go, which ran until authentication left that node.
describe("the reference node's authentication cases", () => {
  it.each<[string, object]>([
    ['nothing', to()],
    ['a topic that is free', to('/xmtp/0/m-0x1234/proto')],
    ['topics of two generations', to('/xmtp/0/m-0x1234/proto', '/xmtp/mls/1/m-0x1234/proto')],
  ])('publishing %s needs a token', async (_, request) => {
    const refused = { code: 16, details: 'authorization token is not provided' };
    expect(await call(await start(), 'publish', request)).toEqual(refused);
  });

  it('queries need none, of private topics either', async () => {
    expect(await call(await start(), 'query', { contentTopics: ['privatestore-123'] })).toBeUndefined();
  });

  it.each<[string, () => string, string]>([
    ['without identity key', () => changed({ identityKey: undefined }), 'missing identity key'],
    ['without auth data', () => changed({ authDataBytes: new Uint8Array() }), 'missing auth data'],
    ['that is too old', () => mintToken({ now, refusedFor: 'TOKEN_EXPIRED' }), 'token expired'],
  ])('a token %s is refused', async (_, token, details) => {
    expect(await call(await start(), 'publish', to(), token())).toEqual({ code: 16, details });
  });

  it('a good token may publish nothing', async () => {
    expect(await call(await start(), 'publish', to(), good)).toBeUndefined();
  });

  it.each([
    `/xmtp/0/contact-${alice}/proto`,
    `/xmtp/0/privatestore-${alice}/key_bundle/proto`,
    '/xmtp/0/dm-xxx-yyy/proto',
    '/xmtp/0/m-09238409/proto',
    '/xmtp/0/invite-0x80980980s/proto',
    '/xmtp/0/intro-0xdsl8d09s8df0s/proto',
  ])('%s is allowed', async (topic) => {
    expect(await call(await start(), 'publish', to(topic), good)).toBeUndefined();
  });

  it.each([
    '/xmtp/0/contact-0x9d0asadf0a9sdf09a0d97f0a97df0a9sdf0a9sd8/proto',
    '/xmtp/0/privatestore-0x9d0asadf0a9sdf09a0d97f0a97df0a9sdf0a9sd8/key_bundle/proto',
  ])('%s is not', async (topic) => {
    const refused = { code: 7, details: 'publishing to restricted topic' };
    expect(await call(await start(), 'publish', to(topic), good)).toEqual(refused);
  });
});

// And these are the costs that its interceptor_test.go expects.
describe("the reference node's costs", () => {
  it.each([
    ['publish', to('a'), { [`publish of ${alice}`]: 1 }],
    ['publish', to('a', 'b'), { [`publish of ${alice}`]: 2 }],
    ['publish', to('a', 'b', 'c', 'd', 'e', 'f', 'g'), { [`publish of ${alice}`]: 7 }],
    ['batchQuery', { requests: [{}] }, { 'default of 127.0.0.1': 1 }],
    ['batchQuery', { requests: [{}, {}, {}] }, { 'default of 127.0.0.1': 3 }],
    ['query', {}, { 'default of 127.0.0.1': 1 }],
    // where it charges nothing, a call pays one point all the same
    ['publish', to(), { [`publish of ${alice}`]: 1 }],
    ['publish', to(`/xmtp/0/contact-${bob}/proto`), { [`publish of ${alice}`]: 1 }],
  ])('%s of %j', async (method, request, expected) => {
    await call(await start(), method, request, good);
    expect(spent).toEqual(expected);
  });

  it('a subscription', async () => {
    const { address } = await start();
    const client = new MessageApi(address, credentials.createInsecure()) as unknown as Client & {
      subscribe(request: object): { on(event: string, listener: () => void): { resume(): void } };
    };
    open.push(client);
    await new Promise<void>((resolve) => client.subscribe({}).on('end', resolve).resume());
    expect(spent).toEqual({ 'default of 127.0.0.1': 1 });
  });
});

describe('the topic rule', () => {
  it('looks at every envelope of a batch', async () => {
    const batch = to('/xmtp/0/m-1/proto', `/xmtp/0/contact-${alice}/proto`, `/xmtp/0/contact-${bob}/proto`);
    expect(await call(await start(), 'publish', batch, good)).toMatchObject({ code: 7 });
  });

  it('lets privileged wallets publish everywhere', async () => {
    const node = await start([alice]);
    const topic = `/xmtp/0/contact-${bob}/proto`;
    expect(await call(node, 'publish', to(topic), good)).toBeUndefined();
    const carol = mintToken({ now, wallet: testWallets.carol });
    expect(await call(node, 'publish', to(topic), carol)).toMatchObject({ code: 7 });
  });

  it.each([
    ['another encoding of the own address', `/xmtp/0/contact-${alice.toLowerCase()}/proto`, false],
    ['no owner', '/xmtp/0/contact/proto', false],
    ['an empty owner', '/xmtp/0/privatestore-/proto', false],
    ['more behind the owner', `/xmtp/0/privatestore-${alice}-x/proto`, true],
    ['no name', '/xmtp/0/', true],
    ['another name that begins alike', `/xmtp/0/contacts-${bob}/proto`, true],
    ['another generation', `/xmtp/1/contact-${bob}/proto`, true],
  ])('%s: %s', (_, topic, allowed) => {
    expect(mayPublish(topic, alice)).toBe(allowed);
  });
});

it('`npm run topics` prints which wallet may publish where', async () => {
  const { stdout: printed } = await runExample('topics');
  expect(
    printed
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ')),
  ).toEqual([
    `alice /xmtp/0/contact-${alice}/proto published`,
    `alice /xmtp/0/privatestore-${alice}/key_bundle/proto published`,
    'alice /xmtp/0/m-09238409/proto published',
    `bob /xmtp/0/contact-${alice}/proto ACCESS_DENIED: publishing to restricted topic`,
    `bob /xmtp/0/privatestore-${alice}/key_bundle/proto ACCESS_DENIED: publishing to restricted topic`,
    'bob /xmtp/0/m-09238409/proto published',
    `carol /xmtp/0/contact-${alice}/proto published`,
    `carol /xmtp/0/privatestore-${alice}/key_bundle/proto published`,
    'carol /xmtp/0/m-09238409/proto published',
  ]);
}, 30_000);
