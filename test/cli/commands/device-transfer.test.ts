import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { levelDevices } from '../../../src/level/level-devices.js';
import { ALICE, idOf } from '../../level/folder.js';
import { redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';
import { startRegistry } from '../../support/registry.js';
import { buildCommand, type BuiltCommand } from '../built-command.js';

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
}, 60_000);
afterAll(() => command.remove());

const devices = (args: readonly string[], stdin = '') => command.run(['devices', ...args], { stdin });
const registryIn = async (folder: string) =>
  (await startRegistry({ store: levelDevices(join(command.cwd, folder)) })).devices;

describe.skipIf(redisIsMissing)(`with a Redis${redisNote}`, { timeout: 60_000 }, () => {
  const redis = redisServer({ tcp: true });

  it('export and import move what is revoked between it and a folder', async () => {
    const url = `redis://127.0.0.1:${redis.port}`;
    const imported = await devices(['import', '--store', url], `device ${idOf(1)}\ndevice ${idOf(2)}\n`);
    expect(imported).toEqual({ code: 0, stdout: '2 read, 2 added\n', stderr: '' });
    const { code, stdout, stderr } = await devices(['export', '--store', url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const copied = await devices(['import', '--store', 'copied'], stdout);
    expect(copied).toEqual({ code: 0, stdout: '2 read, 2 added\n', stderr: '' });
  });

  it('that is not there is an error', async () => {
    const { code, stdout, stderr } = await devices(['export', '--store', 'redis://127.0.0.1:1']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^wallet-auth devices: .*ECONNREFUSED/);
  });
});

describe('wallet-auth devices export and import', { timeout: 60_000 }, () => {
  it('move all that is revoked from one store to another, and only add', async () => {
    const from = await registryIn('from');
    await from.revoke(idOf(1));
    await from.revokeWallet(ALICE);
    await from.close();
    const to = await registryIn('to');
    await to.revoke(idOf(2));
    await to.close();

    const { code, stdout, stderr } = await devices(['export', '--store', 'from']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['#', 'key', 'wallet', '']);
    writeFileSync(join(command.cwd, 'lines.txt'), stdout);
    const read = await devices(['import', 'lines.txt', '--store', 'to']);
    expect(read).toEqual({ code: 0, stdout: '2 read, 2 added\n', stderr: '' });
    const again = await devices(['import', '--store', 'to', '--json'], stdout);
    expect(again).toEqual({ code: 0, stdout: '{"read":2,"added":0}\n', stderr: '' });

    const registry = await registryIn('to');
    expect([1, 2, 3].map((name) => registry.isRevoked(idOf(name)))).toEqual([true, true, false]);
    expect(registry.health()).toMatchObject({ revocations: 2, revokedWallets: 1 });
    await registry.close();
  });

  it('import makes a store, ends rows, and takes nothing of a text with a wrong line', async () => {
    const wrong = await devices(['import', '--store', 'made'], `device ${idOf(1)}\nnonsense\n`);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/^wallet-auth devices: standard input: line 2: expected device <id>.*\n$/);
    expect(existsSync(join(command.cwd, 'made'))).toBe(false);
    expect(await devices(['import', '--store', 'made'], `device ${idOf(1)} # lost`)).toMatchObject({
      stdout: '1 read, 1 added\n',
    });
    expect((await devices(['export', '--store', 'made'])).stdout).toMatch(/^#.*\nkey [\w-]{22}\n$/);
  });

  it('reject a folder that is in use, and leave alone one that is not there or something else', async () => {
    const registry = await registryIn('used');
    const used = await devices(['export', '--store', 'used']);
    await registry.close();
    expect(used).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wallet-auth devices: used is open already, in another process\n',
    });
    expect((await devices(['export', '--store', 'not-there'])).stderr).toBe(
      'wallet-auth devices: cannot read not-there: no such file or directory\n',
    );
    expect(existsSync(join(command.cwd, 'not-there'))).toBe(false);
    mkdirSync(join(command.cwd, 'other'));
    writeFileSync(join(command.cwd, 'other', 'notes'), '');
    expect((await devices(['import', '--store', 'other'])).stderr).toMatch(/other is no folder of levelDevices/);
  });

  it.each([
    [['export'], 'no store: give --store <folder>'],
    [['import', 'x'], 'no store: give --store <folder>'],
    [['export', 'x', '--store', 'x'], 'export takes less; see --help'],
    [['import', 'x', 'y', '--store', 'x'], 'import takes less; see --help'],
    [['export', '--store', 'x', '--json'], '--json does not go with export'],
    [['export', '--store', 'x', '--others'], '--others does not go with export'],
    [['import', '--store', 'x', '--identity', 'x'], '--identity does not go with import'],
    [['import', '--store', 'http://x'], '--store takes a folder, or the URL of a Redis'],
    [['export', '--store', ':memory:'], '--store takes a folder, or the URL of a Redis'],
  ])('%j is exit code 2 and one line', async (args, complaint) => {
    expect(await devices(args)).toEqual({ code: 2, stdout: '', stderr: `wallet-auth devices: ${complaint}\n` });
  });

  it('say what to install', async () => {
    const bare = await buildCommand('classic-level');
    const { code, stderr } = await bare.run(['devices', 'import', '--store', 'x']);
    await bare.remove();
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'wallet-auth devices: levelDevices needs a package: npm install classic-level\n',
    });
  });
});
