import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  credentials,
  makeGenericClientConstructor,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as healthService } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { curlLine } from '../../../src/cli/curl-line.js';
import { rawConnection } from '../../support/raw-http2.js';
import { redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';
import { buildCommand, type BuiltCommand, type Running } from '../built-command.js';

const METHOD = '/walletauth.demo.v1.DemoService/WhoAmI';
const WALLET = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A';

interface Health {
  status: string;
}

interface HealthClient extends Client {
  Check(request: { service: string }, done: (error: Error | null, answer: Health) => void): void;
  Watch(request: { service: string }): ClientReadableStream<Health>;
}

const HealthClient = makeGenericClientConstructor(healthService, 'Health');
const healthClient = (address: string) =>
  new HealthClient(address, credentials.createInsecure()) as unknown as HealthClient;

interface ReflectionResponse {
  fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
}

interface ReflectionClient extends Client {
  ServerReflectionInfo(): ClientDuplexStream<{ fileContainingSymbol: string }, ReflectionResponse>;
}

const REFLECTION = 'grpc.reflection.v1.ServerReflection';
const reflectionProtos = new URL('../../../node_modules/@grpc/reflection/build/proto', import.meta.url);
const ReflectionClient = makeGenericClientConstructor(
  loadSync('grpc/reflection/v1/reflection.proto', { includeDirs: [fileURLToPath(reflectionProtos)] })[
    REFLECTION
  ] as ServiceDefinition,
  'ServerReflection',
);
const reflectionClient = (address: string) =>
  new ReflectionClient(address, credentials.createInsecure()) as unknown as ReflectionClient;

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
  await command.run(['identity', '--out', 'device.id'], { env: { WALLET_AUTH_PRIVATE_KEY: '11'.repeat(32) } });
}, 60_000);
afterAll(() => command.remove());

async function serve(
  env: Record<string, string> = {},
  ...flags: string[]
): Promise<{ node: Running; address: string }> {
  const node = command.start(['serve', '--port', '0', ...flags], { env });
  const [, address = ''] = await node.until(/(?:^listening on |"address":")([^\s,"]+)[^]*(?:call it:.*|})\n/);
  return { node, address };
}

/** Reads Prometheus' text format: the value of a sample by its name and labels, of which the SDK adds its own. */
function samplesOf(text: string) {
  const lines = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels = '', value]) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)]
        .filter(([, key]) => !key?.startsWith('otel_'))
        .map(([, key, label]) => [key, label]),
    ),
    value: Number(value),
  }));
  return (name: string, labels: Record<string, string>): number | undefined =>
    lines.find((line) => line.name === name && isDeepStrictEqual(line.labels, labels))?.value;
}

describe('wallet-auth serve --devices', { timeout: 60_000 }, () => {
  it('tracks devices: the other one is listed, labelled and logged out by wallet-auth devices', async () => {
    const { node, address } = await serve({}, '--devices');
    const env = { WALLET_AUTH_PRIVATE_KEY: '11'.repeat(32) };
    const [one, two] = ['one.id', 'two.id'];
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await command.run(args, { env });
      return { code, answer: stdout === '' ? stderr : JSON.parse(stdout) };
    };
    const devices = (identity: string, ...args: string[]) =>
      run('devices', ...args, '--identity', identity, '--address', address, '--json');
    const first = (await run('identity', '--out', one, '--json')).answer.deviceId;
    const second = (await run('identity', '--out', two, '--json')).answer.deviceId;

    await devices(one, 'list');
    expect((await devices(two, 'rename', first, 'old phone')).code).toBe(0);
    const { answer } = await devices(two, 'list');
    expect(answer.devices.map(({ deviceId }: { deviceId: string }) => deviceId).toSorted()).toEqual(
      [first, second].toSorted(),
    );
    expect(answer.devices.find(({ deviceId }: { deviceId: string }) => deviceId === first)).toMatchObject({
      label: 'old phone',
      isCaller: false,
      lastAddress: '127.0.0.1',
    });
    expect(await devices(two, 'revoke', '--others')).toEqual({ code: 0, answer: { changed: true } });
    expect(await devices(one, 'list')).toEqual({ code: 1, answer: 'refused: DEVICE_REVOKED (device revoked)\n' });
    expect((await devices(two, 'list')).answer.devices).toHaveLength(1);
    expect(await devices(two, 'revoke', second)).toEqual({ code: 0, answer: { changed: true } });
    expect((await devices(two, 'list')).code).toBe(1);

    const { stdout } = await command.shell(`buf curl --protocol grpc --list-methods http://${address}`);
    expect(stdout).toContain('walletauth.v1.DeviceService/ListDevices');
    node.child.kill('SIGTERM');
    expect((await node.ended).code).toBe(0);
  });
});

describe('wallet-auth serve --devices <folder>', { timeout: 60_000 }, () => {
  it('is durable: after kill -9 a revoked device stays revoked, and labels are there', async () => {
    const env = { WALLET_AUTH_PRIVATE_KEY: '11'.repeat(32) };
    const idOf = async (file: string) => {
      const { stdout } = await command.run(['identity', '--out', file, '--json'], { env });
      return (JSON.parse(stdout) as { deviceId: string }).deviceId;
    };
    const [first, second] = [await idOf('lost.id'), await idOf('kept.id')];
    let { node, address } = await serve({}, '--devices', 'kept');
    const devices = (identity: string, ...args: string[]) =>
      command.run(['devices', ...args, '--identity', identity, '--address', address, '--json']);
    for (const file of ['lost.id', 'kept.id']) expect((await devices(file, 'list')).code).toBe(0);
    expect((await devices('kept.id', 'rename', second, 'laptop')).code).toBe(0);
    expect((await devices('kept.id', 'revoke', first)).stdout).toBe('{"changed":true}\n');
    node.child.kill('SIGKILL');
    await node.ended;

    ({ node, address } = await serve({}, '--devices=kept'));
    expect((await devices('lost.id', 'list')).stderr).toBe('refused: DEVICE_REVOKED (device revoked)\n');
    const { devices: rows } = JSON.parse((await devices('kept.id', 'list')).stdout) as { devices: object[] };
    expect(rows).toEqual([expect.objectContaining({ deviceId: second, label: 'laptop' })]);

    const other = await command.run(['serve', '--port', '0', '--devices', 'kept']);
    expect(other).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wallet-auth serve: kept is open already, in another process\n',
    });
    node.child.kill('SIGTERM');
    expect((await node.ended).code).toBe(0);
  });

  it('takes no other URL than that of a Redis', async () => {
    const { code, stderr } = await command.run(['serve', '--devices', 'http://127.0.0.1']);
    const expected = 'wallet-auth serve: --devices takes a folder, or the URL of a Redis\n';
    expect({ code, stderr }).toEqual({ code: 2, stderr: expected });
  });

  it('says what to install', async () => {
    const bare = await buildCommand('classic-level');
    const { code, stderr } = await bare.run(['serve', '--port', '0', '--devices', 'x']);
    await bare.remove();
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'wallet-auth serve: levelDevices needs a package: npm install classic-level\n',
    });
  });
});

describe.skipIf(redisIsMissing)(`wallet-auth serve --devices redis://…${redisNote}`, { timeout: 60_000 }, () => {
  const redis = redisServer({ tcp: true });

  it('shares devices with other nodes: one that was revoked on the first is refused on the second', async () => {
    const env = { WALLET_AUTH_PRIVATE_KEY: '11'.repeat(32) };
    const url = `redis://127.0.0.1:${redis.port}`;
    await command.run(['identity', '--out', 'shared.id'], { env });
    const nodes = [await serve({}, '--devices', url), await serve({}, '--devices', url)];
    const list = (address: string) => command.run(['devices', 'list', '--identity', 'shared.id', '--address', address]);
    for (const { address } of nodes) expect((await list(address)).code).toBe(0);
    const [first = '', second = ''] = nodes.map(({ address }) => address);
    const { stdout } = await command.run(['devices', 'list', '--identity', 'shared.id', '--address', first, '--json']);
    const { devices } = JSON.parse(stdout) as { devices: { deviceId: string }[] };
    const revoke = ['devices', 'revoke', devices[0]?.deviceId ?? '', '--identity', 'shared.id', '--address', first];
    expect((await command.run(revoke)).code).toBe(0);
    expect((await list(second)).stderr).toBe('refused: DEVICE_REVOKED (device revoked)\n');
    for (const { node } of nodes) {
      node.child.kill('SIGTERM');
      expect((await node.ended).code).toBe(0);
    }
  });
});

describe('wallet-auth serve --devices --network', { timeout: 60_000 }, () => {
  it('takes the statement of wallet-auth revoke, by the name of the network', async () => {
    const { node, address } = await serve({}, '--devices', '--network', 'notes.example');
    const env = { WALLET_AUTH_PRIVATE_KEY: '11'.repeat(32) };
    const revoke = (network: string) =>
      command.run(['revoke', '--network', network, '--target', address, '--json'], { env });
    expect(JSON.parse((await revoke('notes.example')).stdout)).toMatchObject({ changed: true });
    expect((await revoke('other.example')).code).toBe(1);
    node.child.kill('SIGTERM');
    await node.ended;
  });
});

describe('wallet-auth serve', { timeout: 60_000 }, () => {
  let node: Running;
  let address: string;
  beforeAll(async () => {
    ({ node, address } = await serve());
  }, 60_000);

  it('prints where it listens, on which curve, and how to call it', () => {
    expect(node.stdout()).toMatch(/^listening on 127\.0\.0\.1:\d+, curve (native|wasm|noble)/);
    expect(node.stdout()).toContain(`npx ${curlLine(address)}`);
  });

  it('answers the line of the README, made by the real buf', async () => {
    expect(curlLine()).toContain('http://127.0.0.1:50051/');
    const { code, stdout, stderr } = await command.shell(curlLine().replace('127.0.0.1:50051', address));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      wallet: WALLET,
      deviceId: expect.stringMatching(new RegExp(`^${WALLET}/[0-9a-f]{32}$`)),
    });
    await node.until(new RegExp(`admitted  ${METHOD}  required`));
  });

  it('answers all kinds of call to buf', async () => {
    const url = `http://${address}/walletauth.demo.v1.DemoService`;
    const curl = 'wallet-auth token --identity device.id --header >h && buf curl --protocol grpc -H @h';
    const counted = await command.shell(`${curl} -d '{"limit":3}' ${url}/CountUp`);
    expect(counted.stdout.match(/"number"/g)).toHaveLength(3);
    const collected = await command.shell(`${curl} -d '{"text":"a"}{"text":"b"}' ${url}/CollectNotes`);
    expect(JSON.parse(collected.stdout)).toEqual({ wallet: WALLET, count: 2 });
    const chatted = await command.shell(`${curl} -d '{"text":"a"}{"text":"b"}' ${url}/Chat`);
    expect(chatted.stdout.match(/"text"/g)).toHaveLength(2);
  });

  it('refuses a call without a token and one with a bad one, and logs why', async () => {
    const url = `http://${address}${METHOD}`;
    const none = await command.shell(`buf curl --protocol grpc ${url}`);
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain('unauthenticated');
    await node.until(new RegExp(`refused   ${METHOD}  MISSING_CREDENTIALS`));
    const bad = await command.shell(`buf curl --protocol grpc -H 'authorization: Bearer anVuaw==' ${url}`);
    expect(bad.stderr).toContain('malformed token');
    await node.until(new RegExp(`refused   ${METHOD}  MALFORMED_TOKEN`));
  });

  it('shows its schema without a token', async () => {
    const { code, stdout } = await command.shell(`buf curl --protocol grpc --list-methods http://${address}`);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      ...['Check', 'List', 'Watch'].map((method) => `grpc.health.v1.Health/${method}`),
      ...['Chat', 'CollectNotes', 'CountUp', 'WhoAmI'].map((method) => `walletauth.demo.v1.DemoService/${method}`),
    ]);
  });

  it('its reflection lists health, so that buf can call it', async () => {
    const { stdout } = await command.shell(`buf curl --protocol grpc http://${address}/grpc.health.v1.Health/Check`);
    expect(JSON.parse(stdout)).toEqual({ status: 'SERVING' });
  });

  it.each(['google.rpc.ErrorInfo', 'google.rpc.RetryInfo', 'google.rpc.Status'])(
    'its reflection lists google.rpc, so that clients print the reason of a refusal: %s',
    async (symbol) => {
      const client = reflectionClient(address);
      const call = client.ServerReflectionInfo();
      call.end({ fileContainingSymbol: symbol });
      const [{ fileDescriptorResponse }] = (await once(call, 'data')) as [ReflectionResponse];
      client.close();
      const files = fileDescriptorResponse!.fileDescriptorProto.map((bytes) =>
        fromBinary(FileDescriptorProtoSchema, bytes),
      );
      const names = files.flatMap((file) => file.messageType.map(({ name }) => `${file.package}.${name}`));
      expect(names).toContain(symbol);
    },
  );

  it.each(['', 'walletauth.demo.v1.DemoService'])('answers a health check without a token: "%s"', async (service) => {
    const client = healthClient(address);
    const answer = await new Promise((resolve, reject) => {
      client.Check({ service }, (error, health) => (error ? reject(error) : resolve(health.status)));
    });
    client.close();
    expect(answer).toBe('SERVING');
  });

  it('never logs a token', async () => {
    const { stdout } = await command.run(['token', '--identity', 'device.id']);
    const parts = [...stdout.matchAll(/.{24}/g)].map(([part]) => part);
    expect(parts.length).toBeGreaterThan(10);
    for (const part of [...parts, 'anVuaw==', 'Bearer']) expect(node.stdout()).not.toContain(part);
  });

  it.each([{}, { GRPC_VERBOSITY: 'ERROR' }, { GRPC_VERBOSITY: 'DEBUG' }])(
    'does not let grpc-js log a token whose header it cannot take, with %j',
    async (env) => {
      const { stdout: token } = await command.run(['token', '--identity', 'device.id']);
      const own = await serve(env);
      const raw = rawConnection(own.address);
      for (const authorization of [`Bearer\t${token.trim()}`, `Bearer ${token.trim()}\u00fc`]) {
        expect((await raw.call(METHOD, { authorization })).status).toBe(16);
      }
      raw.close();
      own.node.child.kill('SIGTERM');
      const { stdout, stderr } = await own.node.ended;
      for (const [part] of token.matchAll(/.{24}/g)) expect(stdout + stderr).not.toContain(part);
      expect(stderr.includes('Failed to add metadata entry authorization: ')).toBe('GRPC_VERBOSITY' in env);
    },
  );

  it('ends cleanly on SIGTERM, though a watcher is connected, and tells it first', async () => {
    const client = healthClient(address);
    const watch = client.Watch({ service: '' });
    watch.on('error', () => undefined); // it is cut off in the end
    expect(await once(watch, 'data')).toEqual([{ status: 'SERVING' }]);
    const next = once(watch, 'data');
    node.child.kill('SIGTERM');
    expect(await next).toEqual([{ status: 'NOT_SERVING' }]);
    const { code, stdout, stderr } = await node.ended;
    client.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\nstopping \(SIGTERM\)\n$/);
  });
});

describe('wallet-auth serve, otherwise', { timeout: 60_000 }, () => {
  it('--json logs lines of JSON, and SIGINT ends it cleanly too', async () => {
    const { node, address } = await serve({}, '--json');
    await command.shell(`buf curl --protocol grpc http://${address}${METHOD}`);
    await node.until(/MISSING_CREDENTIALS.*\n/);
    node.child.kill('SIGINT');
    const { code, stdout, stderr } = await node.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toEqual({
      event: 'listening',
      time,
      address,
      curve: expect.any(String),
      loopback: true,
      metrics: null,
    });
    expect(events).toContainEqual({
      event: 'decision',
      time,
      method: METHOD,
      rule: 'required',
      decision: 'refused',
      reason: 'MISSING_CREDENTIALS',
      source: 'default',
      limit: null,
      cached: null,
    });
    expect(events.at(-1)).toEqual({ event: 'stopping', time, signal: 'SIGINT' });
  });

  it('--metrics shows Prometheus its decisions, and ends cleanly', async () => {
    const { node, address } = await serve({}, '--metrics', '0', '--limit', '2');
    const [, url = ''] = await node.until(/^metrics on (http:\/\/127\.0\.0\.1:\d+\/metrics)$/m);
    expect(node.stdout()).toMatch(/^listening on .*\nmetrics on .*\n.*call it: /);

    const method = `http://${address}${METHOD}`;
    await command.shell(`buf curl --protocol grpc ${method}`);
    const curl = `buf curl --protocol grpc -H @h ${method}`;
    const { code } = await command.shell(`wallet-auth token --identity device.id --header >h && ${curl} && ${curl}`);
    expect(code).toBe(0);
    expect((await command.shell(curl)).stderr).toContain('resource_exhausted');

    const response = await fetch(url);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const samples = samplesOf(await response.text());
    const labels = { method: METHOD, rule: 'required', source: 'default' };
    expect(samples('wallet_auth_calls_total', { ...labels, decision: 'admitted' })).toBe(2);
    expect(samples('wallet_auth_calls_total', { ...labels, decision: 'refused', reason: 'MISSING_CREDENTIALS' })).toBe(
      1,
    );
    const [, curve = ''] = await node.until(/, curve (\w+)/);
    const durations = 'wallet_auth_verification_duration';
    expect(samples(`${durations}_count`, { curve, cached: 'false' })).toBe(1);
    expect(samples(`${durations}_count`, { curve, cached: 'true' })).toBe(2);
    expect(samples('wallet_auth_limited_calls_total', { method: METHOD, limit: 'default' })).toBe(1);
    expect(samples(`${durations}_sum`, { curve, cached: 'false' })).toBeGreaterThan(0);
    expect(samples(`${durations}_bucket`, { curve, cached: 'false', le: '1' })).toBe(1);
    expect(samples('wallet_auth_cached_tokens', {})).toBe(1);

    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
    node.child.kill('SIGTERM');
    const { code: exit, stderr } = await node.ended;
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });

  it('warns where other machines can reach it', async () => {
    const { node } = await serve({}, '--host', '0.0.0.0');
    await node.until(/^tokens reach it unencrypted/m);
    node.child.kill('SIGTERM');
    expect((await node.ended).code).toBe(0);
  });
});
