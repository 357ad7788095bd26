import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Server } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { KEY_VARIABLE } from '../../../src/cli/secrets.js';
import { createDeviceRegistry, type DeviceRegistry } from '../../../src/devices/index.js';
import { addDeviceService, walletAuth } from '../../../src/grpc/index.js';
import { testWallets } from '../../../src/testing/index.js';
import { bindToLoopback } from '../../support/demo-server.js';
import { buildCommand, type BuiltCommand } from '../built-command.js';

const { alice } = testWallets;
const key = '0123456789abcdef0123456789abcdef';
const device = `${alice.address}/${key}`;

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
  writeFileSync(join(command.cwd, 'wallet.key'), alice.privateKey, { mode: 0o600 });
}, 60_000);
afterAll(() => command.remove());

let devices: DeviceRegistry;
let server: Server;
let address: string;
async function start(networkName?: string): Promise<void> {
  devices = await createDeviceRegistry({ networkName });
  server = new Server({ interceptors: [walletAuth({ devices })] });
  addDeviceService(server, devices);
  address = `127.0.0.1:${await bindToLoopback(server)}`;
}
beforeEach(() => start('notes.example'));
afterEach(async () => {
  server.forceShutdown();
  await devices.close();
});

const revoke = (...args: readonly string[]) =>
  command.run(['revoke', '--wallet', 'wallet.key', '--network', 'notes.example', '--target', address, ...args]);

describe('wallet-auth revoke', { timeout: 60_000 }, () => {
  it('revokes all devices of a wallet that lost everything, with its key alone', async () => {
    const told: unknown[] = [];
    devices.on('wallet-revoked', (event) => told.push(event));
    const done = { code: 0, stderr: '' };
    expect(await revoke()).toEqual({ ...done, stdout: `wallet ${alice.address}\nrevoked\n` });
    expect(told).toMatchObject([{ wallet: alice.address }]);
    const until = ['--until', '2026-01-31T12:00:00Z'];
    expect(await revoke(...until)).toEqual({ ...done, stdout: `wallet ${alice.address}\nit was revoked already\n` });
  });

  it('--until and --json: prints what was signed and whether it changed anything', async () => {
    const { stdout } = await revoke('--until', '2026-01-31T12:00:00Z', '--json');
    const untilMs = Date.UTC(2026, 0, 31, 12);
    expect(JSON.parse(stdout)).toEqual({ wallet: alice.address, deviceId: null, untilMs, changed: true });
  });

  it.each([
    ['its digits', key],
    ['its whole id', device],
  ])('--device with %s: a node refuses it to a wallet without a confirmed device, in one line', async (_, name) => {
    const { code, stdout, stderr } = await revoke('--device', name);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^refused: FAILED_PRECONDITION \(a wallet without a confirmed device can only .+\)\n$/);
    expect(devices.isRevoked(device)).toBe(false);
  });

  it('takes the key from the environment and from standard input', async () => {
    const args = ['revoke', '--network', 'notes.example', '--target', address];
    expect((await command.run(args, { env: { [KEY_VARIABLE]: alice.privateKey } })).code).toBe(0);
    expect((await command.run([...args, '--wallet', '-'], { stdin: alice.privateKey })).code).toBe(0);
  });

  it('another network’s name is refused: exit code 1', async () => {
    const { code, stderr } = await revoke('--network', 'other.example');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'refused: WALLET_MISMATCH (wallet address mismatch)\n' });
  });

  it('a node without a name of its network takes no statements: exit code 2', async () => {
    server.forceShutdown();
    await devices.close();
    await start();
    const { code, stderr } = await revoke();
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `wallet-auth revoke: ${address} takes no statements of wallets\n`,
    });
  });

  it('a node that is not there: exit code 2', async () => {
    server.forceShutdown();
    const { code, stderr } = await revoke();
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^wallet-auth revoke: cannot call ${address}: UNAVAILABLE: .+\\n$`));
  });
});

describe('wrong usage of revoke is exit code 2 and one line', { timeout: 60_000 }, () => {
  const all = ['--wallet', 'wallet.key', '--network', 'n', '--target', 'localhost:1'];
  it.each([
    ['no network: give --network <name>', ['--target', 'localhost:1']],
    ['no node: give --target <host:port>', ['--network', 'n']],
    ['--device and --until exclude each other', [...all, '--device', key, '--until', '0']],
    ['--device must be a device of the wallet: its whole id, or its 32 hex digits', [...all, '--device', 'phone']],
    [/^--until must be a time with its zone/, [...all, '--until', 'soon']],
    [/^--network must be 1 to 64 printable ASCII characters/, [...all, '--network', 'n ']],
    [/^no private key: give --wallet <file>/, ['--network', 'n', '--target', 'x']],
    ['--wallet takes the name of a file, not the private key itself', [...all, '--wallet', alice.privateKey]],
  ])('%s', async (complaint, args) => {
    const { code, stdout, stderr } = await command.run(['revoke', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replace('wallet-auth revoke: ', '').trimEnd()).toEqual(
      typeof complaint === 'string' ? complaint : expect.stringMatching(complaint),
    );
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('serve takes --network beside --devices only', async () => {
    const { code, stderr } = await command.run(['serve', '--network', 'n']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'wallet-auth serve: --network goes with --devices\n' });
  });
});
