import { credentials, Metadata, Server, status as Status, type ServerInterceptor } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { DeviceService } from '../../../gen/walletauth/v1/devices_pb.js';
import { createTokenSource } from '../../../src/client/index.js';
import { AuthError } from '../../../src/errors.js';
import {
  addDeviceService,
  authDetailsOf,
  authReasonOf,
  createClient,
  createDeviceClient,
  walletAuth,
  type DeviceClient,
  type DeviceClientOptions,
  type DeviceServiceOptions,
} from '../../../src/grpc/index.js';
import { mintIdentity, settableClock, testWallets } from '../../../src/testing/index.js';
import { bindToLoopback } from '../../support/demo-server.js';
import { fakeRegistry } from '../../support/fake-registry.js';

const phone = mintIdentity();
const laptop = mintIdentity({ device: 'laptop' });
const bobs = mintIdentity({ wallet: testWallets.bob });
const plain = credentials.createInsecure();

interface NodeOptions extends DeviceServiceOptions {
  readonly interceptors?: readonly ServerInterceptor[];
  readonly client?: DeviceClientOptions;
}

/** A real server that knows the phone and the laptop of Alice and the phone of Bob, and a client that is Alice's phone. */
async function startNode({ interceptors = [walletAuth()], client: clientOptions, ...options }: NodeOptions = {}) {
  const { deviceId } = phone;
  const registry = fakeRegistry({ deviceId }, { deviceId: laptop.deviceId }, { deviceId: bobs.deviceId });
  const server = new Server({ interceptors: [...interceptors] });
  addDeviceService(server, registry, options);
  const target = `127.0.0.1:${await bindToLoopback(server)}`;
  onTestFinished(() => server.forceShutdown());
  const clientOf = (identity: typeof phone) => {
    const client = createDeviceClient(target, plain, createTokenSource(identity), clientOptions);
    onTestFinished(client.close);
    return client;
  };
  return { registry, target, clientOf, client: clientOf(phone) };
}

const failure = async (answer: Promise<unknown>) => {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { code: number; details: string },
  );
  return { code: error?.code, details: error?.details, reason: authReasonOf(error) };
};

const rejections: unknown[] = [];
const noteRejection = (reason: unknown) => void rejections.push(reason ?? 'of nothing');
beforeEach(() => void process.on('unhandledRejection', noteRejection));
afterEach(async () => {
  await new Promise(setImmediate);
  process.off('unhandledRejection', noteRejection);
  const [unhandled] = rejections.splice(0);
  if (unhandled !== undefined) throw new Error('unhandled rejection', { cause: unhandled });
});

describe('the device service over gRPC, with its client', () => {
  it('WhoAmI answers with the caller, the end of its token and the node’s clock', async () => {
    const { now, set } = settableClock();
    set(new Date(Date.now()));
    const { client } = await startNode({ interceptors: [walletAuth({ now })], now });
    const { expiresAtMs, ...rest } = await client.whoAmI();
    expect(rest).toEqual({ wallet: phone.wallet, deviceId: phone.deviceId, serverTimeMs: now().getTime() });
    expect(expiresAtMs).toBeGreaterThan(now().getTime());
  });

  it('ListDevices lists the wallet’s own devices, the newest first, with and without an address', async () => {
    const { client, registry } = await startNode();
    const known = registry.rows.get(phone.deviceId)!;
    registry.rows.set(phone.deviceId, { ...known, label: 'phone', openStreams: 2, lastAddress: '203.0.113.7' });
    const times = { firstSeenMs: 1_000, lastSeenMs: 2_000, isConfirmed: false };
    expect(await client.list()).toEqual({
      omitted: 0,
      devices: [
        {
          deviceId: laptop.deviceId,
          label: '',
          lastAddress: undefined,
          openStreams: 0,
          isCaller: false,
          ...times,
        },
        {
          deviceId: phone.deviceId,
          label: 'phone',
          lastAddress: '203.0.113.7',
          openStreams: 2,
          isCaller: true,
          ...times,
        },
      ],
    });
  });

  it('RevokeDevice, RevokeOtherDevices and RenameDevice change the registry', async () => {
    const { client, clientOf, registry } = await startNode();
    await client.rename(phone.deviceId, 'пхоне');
    expect(registry.rows.get(phone.deviceId)?.label).toBe('пхоне');
    expect(await client.revoke(laptop.deviceId)).toEqual({ changed: true });
    expect(await client.revoke(laptop.deviceId)).toEqual({ changed: false });
    expect(await client.revokeOthers()).toEqual({ changed: false });
    expect([...registry.revoked]).toEqual([laptop.deviceId]);
    expect(await failure(clientOf(laptop).list())).toMatchObject({ reason: 'DEVICE_REVOKED' });
  });

  it('answers NOT_FOUND to somebody else’s device and to an unknown one, in the same words', async () => {
    const { client, registry } = await startNode();
    const unknown = phone.deviceId.replace(/.{32}$/, '0'.repeat(32));
    for (const deviceId of [bobs.deviceId, unknown]) {
      const expected = { code: Status.NOT_FOUND, details: 'no such device', reason: undefined };
      expect(await failure(client.revoke(deviceId))).toEqual(expected);
      expect(await failure(client.rename(deviceId, 'x'))).toEqual(expected);
    }
    expect(registry.revoked.size).toBe(0);
  });

  it('answers INVALID_ARGUMENT to a bad label, without repeating it', async () => {
    const { client } = await startNode();
    const { code, details } = await failure(client.rename(phone.deviceId, 'evil\u202elabel'));
    expect(code).toBe(Status.INVALID_ARGUMENT);
    expect(details).toMatch(/^label: at most 64 characters/);
    expect(details).not.toContain('evil');
  });
});

type Outcome = Awaited<ReturnType<typeof failure>>;

const methods: [string, (client: DeviceClient) => Promise<unknown>][] = [
  ['WhoAmI', (client) => client.whoAmI()],
  ['ListDevices', (client) => client.list()],
  ['RevokeDevice', (client) => client.revoke(laptop.deviceId)],
  ['RevokeOtherDevices', (client) => client.revokeOthers()],
  ['RenameDevice', (client) => client.rename(laptop.deviceId, 'mine')],
];

describe.each(methods)('%s', (name, call) => {
  it('refuses an anonymous caller, even where a rule makes it public', async () => {
    const interceptors = [walletAuth({ rules: { 'walletauth.v1.DeviceService/*': 'public' } })];
    const { registry, client } = await startNode({ interceptors });
    expect(await failure(call(client))).toMatchObject({ reason: 'MISSING_CREDENTIALS', code: Status.UNAUTHENTICATED });
    expect({ rows: registry.rows.size, revoked: registry.revoked.size }).toEqual({ rows: 3, revoked: 0 });
  });

  it('answers INTERNAL on a server without walletAuth', async () => {
    const { registry, client } = await startNode({ interceptors: [] });
    expect(await failure(call(client))).toMatchObject({ code: Status.INTERNAL });
    expect({ rows: registry.rows.size, revoked: registry.revoked.size }).toEqual({ rows: 3, revoked: 0 });
  });

  const failures: [string, () => unknown, Outcome][] = [
    ['an Error', () => new Error('redis://secret'), internal()],
    [
      'an error that looks like a gRPC status',
      () => Object.assign(new Error('secret'), { code: 5, details: 'secret', metadata: new Metadata() }),
      internal(),
    ],
    ['nothing at all', () => undefined, internal()],
    [
      'AUTH_UNAVAILABLE',
      () => new AuthError('AUTH_UNAVAILABLE', { cause: 'secret' }),
      {
        code: Status.UNAVAILABLE,
        details: 'authentication is temporarily unavailable',
        reason: 'AUTH_UNAVAILABLE',
      },
    ],
  ];
  const hooks = name === 'WhoAmI' ? (['throws'] as const) : (['throws', 'rejects with'] as const); // it waits for nothing

  it.each(failures.flatMap(([what, make, expected]) => hooks.map((how) => ({ how, what, make, expected }))))(
    'of a registry that $how $what: the right status, no text of it, nothing unhandled',
    async ({ how, make, expected }) => {
      const onError = vi.fn<() => void>();
      const { registry, client } = await startNode({ onError });
      const broken = () => {
        if (how === 'throws') throw make();
        return Promise.reject(make());
      };
      const isRevoked = name === 'WhoAmI' ? () => broken() as never : registry.isRevoked;
      Object.assign(registry, { isRevoked, list: broken, revoke: broken, revokeOthers: broken, rename: broken });
      expect(await failure(call(client))).toEqual(expected);
      expect(onError).toHaveBeenCalledTimes(expected.code === Status.INTERNAL ? 1 : 0);
    },
  );
});

function internal(): Outcome {
  return { code: Status.INTERNAL, details: 'internal error', reason: undefined };
}

describe('addDeviceService', () => {
  it('hands the registry’s own error to onError, as a cause', async () => {
    const cause = new Error('redis is down');
    const onError = vi.fn<(error: unknown) => void>();
    const { registry, client } = await startNode({ onError });
    registry.list = () => Promise.reject(cause);
    await failure(client.list());
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ message: 'the device registry failed', cause });
  });

  it('refuses wrong options', () => {
    for (const options of [{ onErr: () => undefined }, { onError: 1 }, { now: 1 }]) {
      expect(() => addDeviceService(new Server(), fakeRegistry(), options as never)).toThrow(TypeError);
    }
  });

  it('has the methods that walletAuth’s checkRules knows', () => {
    const auth = walletAuth({ rules: { '/walletauth.v1.DeviceService/RenameDevice': { cost: 5 } } });
    expect(() => auth.checkRules([DeviceService])).not.toThrow();
  });
});

describe('createDeviceClient', () => {
  it('gives up after timeoutMs', async () => {
    const { registry, client } = await startNode({ client: { timeoutMs: 30 } });
    registry.list = () => new Promise(() => undefined);
    expect(await failure(client.list())).toMatchObject({ code: Status.DEADLINE_EXCEEDED });
  });

  it('learns reasons and facts of a refusal', async () => {
    const { client } = await startNode({ interceptors: [walletAuth({ isRevoked: () => true })] });
    const error = await client.list().catch((thrown: unknown) => thrown);
    expect(authDetailsOf(error)).toMatchObject({ reason: 'DEVICE_REVOKED' });
  });

  it('refuses wrong options, and plaintext beyond loopback', () => {
    const source = createTokenSource(phone);
    const make = (options: object, target = '127.0.0.1:1') => createDeviceClient(target, plain, source, options);
    expect(() => make({ timeoutMs: 0 })).toThrow(/timeoutMs must be an integer from 1 to 600000/);
    expect(() => make({ timeout: 1 })).toThrow(/unknown option "timeout"/);
    expect(() => make({}, 'node.example:443')).toThrow(/do not travel in clear/);
    make({ allowInsecure: true }, 'node.example:443').close();
  });

  it('is what createClient makes of the same service, with promises', async () => {
    const { target } = await startNode();
    const client = createClient(DeviceService, target, plain, createTokenSource(phone));
    onTestFinished(() => client.close());
    const answer = await new Promise((resolve) => void client.whoAmI({}, (_, message) => resolve(message)));
    expect(answer).toMatchObject({ deviceId: phone.deviceId });
  });
});
