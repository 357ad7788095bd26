import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Server } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { exportIdentity } from '../../../src/client/index.js';
import { addDeviceService, walletAuth } from '../../../src/grpc/index.js';
import { mintIdentity, testWallets } from '../../../src/testing/index.js';
import { bindToLoopback } from '../../support/demo-server.js';
import { fakeRegistry, type FakeRegistry } from '../../support/fake-registry.js';
import { buildCommand, type BuiltCommand } from '../built-command.js';

const phone = mintIdentity();
const laptop = mintIdentity({ device: 'laptop' }).deviceId;
const bobs = mintIdentity({ wallet: testWallets.bob }).deviceId;
const keyOf = (deviceId: string) => deviceId.slice(-32);

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
  writeFileSync(join(command.cwd, 'device.id'), exportIdentity(phone), { mode: 0o600 });
}, 60_000);
afterAll(() => command.remove());

let registry: FakeRegistry;
let server: Server;
let address: string;
beforeEach(async () => {
  registry = fakeRegistry(
    { deviceId: phone.deviceId, label: 'phone', isConfirmed: true, firstSeenMs: Date.UTC(2026, 0, 31, 12) },
    { deviceId: laptop, openStreams: 2 },
    { deviceId: bobs },
  );
  server = new Server({ interceptors: [walletAuth()] });
  addDeviceService(server, registry);
  address = `127.0.0.1:${await bindToLoopback(server)}`;
});
afterEach(() => server.forceShutdown());

const devices = (...args: readonly string[]) =>
  command.run(['devices', ...args, '--identity', 'device.id', '--address', address]);

describe('wallet-auth devices list', { timeout: 60_000 }, () => {
  it('prints a table of the wallet’s devices, the newest first, and marks the one that calls', async () => {
    expect(await devices('list')).toEqual({
      code: 0,
      stderr: '',
      stdout: `\
wallet ${phone.wallet}
   device                            first seen        last seen         streams  label
   ${keyOf(laptop)}  1970-01-01 00:00  1970-01-01 00:00  2        (unconfirmed)
*  ${keyOf(phone.deviceId)}  2026-01-31 12:00  1970-01-01 00:00  0        phone
* this device
`,
    });
  });

  it('has a column of addresses where the node keeps them', async () => {
    registry.rows.set(laptop, { ...registry.rows.get(laptop)!, lastAddress: '203.0.113.7' });
    const { stdout } = await devices('list');
    expect(stdout).toMatch(/ {2}streams {2}last address {2}label\n/);
    expect(stdout).toMatch(/ {2}203\.0\.113\.7 {3}\(unconfirmed\)\n/);
  });

  it('--json prints all of it', async () => {
    const { stdout } = await devices('list', '--json');
    expect(JSON.parse(stdout)).toEqual({
      wallet: phone.wallet,
      omitted: 0,
      devices: [
        expect.objectContaining({ deviceId: laptop, openStreams: 2, isCaller: false, lastAddress: null }),
        expect.objectContaining({ deviceId: phone.deviceId, label: 'phone', isCaller: true, isConfirmed: true }),
      ],
    });
  });

  it('is plain ASCII whatever a node sends, so that no label controls a terminal', async () => {
    const evil = { label: '\u001b]0;evil\u0007\u202e', lastAddress: '\u001b[2J', lastSeenMs: 8.64e15 + 1 };
    registry.rows.set(laptop, { ...registry.rows.get(laptop)!, ...evil });
    for (const flags of [[], ['--json']]) {
      const { code, stdout } = await devices('list', ...flags);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^[ -~\n]+$/);
      expect(stdout).toContain('evil');
    }
  });
});

describe('wallet-auth devices revoke and rename', { timeout: 60_000 }, () => {
  it.each([
    ['its whole id', laptop],
    ['the digits that list prints', keyOf(laptop)],
  ])('revoke takes %s', async (_, device) => {
    expect(await devices('revoke', device)).toEqual({ code: 0, stdout: 'revoked\n', stderr: '' });
    expect([...registry.revoked]).toEqual([laptop]);
    expect(await devices('revoke', device, '--json')).toEqual({ code: 0, stdout: '{"changed":false}\n', stderr: '' });
  });

  it('revoke --others leaves the device of the identity', async () => {
    expect((await devices('revoke', '--others')).stdout).toBe('all other devices are revoked\n');
    expect([...registry.revoked]).toEqual([laptop]);
    expect((await devices('revoke', '--others')).stdout).toBe('there was no other device\n');
  });

  it('rename sets a label, and an empty one takes it away', async () => {
    expect((await devices('rename', keyOf(laptop), "Ann's laptop")).stdout).toBe("labelled Ann's laptop\n");
    expect(registry.rows.get(laptop)?.label).toBe("Ann's laptop");
    expect((await devices('rename', laptop, '', '--json')).stdout).toBe(`{"deviceId":"${laptop}","label":""}\n`);
    expect(registry.rows.get(laptop)?.label).toBe('');
  });

  it.each([
    ['revoke', [bobs], 'NOT_FOUND (no such device)'],
    ['revoke', ['nonsense'], 'NOT_FOUND (no such device)'],
    ['rename', [laptop, 'x'.repeat(65)], 'INVALID_ARGUMENT (label: at most 64 characters, '],
  ])('%s: what the node refuses is exit code 1 and one line', async (name, args, refused) => {
    const { code, stdout, stderr } = await devices(name, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.startsWith(`refused: ${refused}`)).toBe(true);
    expect(stderr.split('\n')).toHaveLength(2);
    expect(registry.revoked.size).toBe(0);
  });

  it('a device that is revoked itself learns it: exit code 1', async () => {
    registry.revoked.add(phone.deviceId);
    expect(await devices('list')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'refused: DEVICE_REVOKED (device revoked)\n',
    });
  });
});

describe('what cannot be called is exit code 2 and one line', { timeout: 60_000 }, () => {
  const usage =
    'expected list, revoke <device>, revoke --others, rename <device> <label>, export or import; see --help';

  it.each([
    [[], usage],
    [['revoke'], usage],
    [['rename', 'x'], usage],
    [['list', 'x'], usage],
    [['forget', 'x'], usage],
    [['revoke', 'x', '--others'], '--others goes with revoke alone'],
    [['list', '--others'], '--others goes with revoke alone'],
    [['list', '--store', 'x'], '--store goes with export and import alone'],
    [['list', '--address', 'node.invalid:443', '--identity', 'no.id'], 'cannot read no.id: no such file or directory'],
    [['list'], 'no identity: give --identity <file>'],
  ])('%j', async (args, complaint) => {
    expect(await command.run(['devices', ...args])).toEqual({
      code: 2,
      stdout: '',
      stderr: `wallet-auth devices: ${complaint}\n`,
    });
  });

  it('a node that is not there', async () => {
    server.forceShutdown();
    const { code, stdout, stderr } = await devices('list');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^wallet-auth devices: cannot call ${address}: UNAVAILABLE: .+\\n$`));
  });

  it('a node without the service', async () => {
    const bare = new Server({ interceptors: [walletAuth()] });
    const target = `127.0.0.1:${await bindToLoopback(bare)}`;
    const { code, stderr } = await command.run(['devices', 'list', '--identity', 'device.id', '--address', target]);
    bare.forceShutdown();
    expect({ code, stderr }).toEqual({ code: 2, stderr: `wallet-auth devices: ${target} has no device service\n` });
  });

  it('an identity that others can read', async () => {
    const file = join(command.cwd, 'shared.id');
    writeFileSync(file, exportIdentity(phone));
    chmodSync(file, 0o644);
    const args = ['devices', 'list', '--identity', 'shared.id', '--address', address];
    expect((await command.run(args)).code).toBe(2);
    expect((await command.run([...args, '--allow-readable'])).code).toBe(0);
  });
});

describe('other machines', { timeout: 60_000 }, () => {
  // 0.0.0.0 leads to this machine, and does not count as it
  it('are spoken to with TLS, unless --insecure is given', async () => {
    const target = address.replace('127.0.0.1', '0.0.0.0');
    const list = ['devices', 'list', '--identity', 'device.id', '--address', target];
    const { code, stderr } = await command.run(list);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^wallet-auth devices: cannot call 0\.0\.0\.0:\d+: UNAVAILABLE: .*SSL/m);
    expect((await command.run([...list, '--insecure'])).code).toBe(0);
  });
});
