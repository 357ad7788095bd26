import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { computeAddress } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KEY_VARIABLE } from '../../../src/cli/secrets.js';
import { importIdentity } from '../../../src/client/index.js';
import { buildCommand, type BuiltCommand } from '../built-command.js';

const KEY = 'a1'.repeat(32);
const WALLET = computeAddress(`0x${KEY}`);

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
}, 60_000);
afterAll(() => command.remove());

const path = (name: string) => join(command.cwd, name);
const modeOf = (name: string) => statSync(path(name)).mode & 0o777;
const identityIn = (name: string) => importIdentity(new Uint8Array(readFileSync(path(name))));

describe('wallet-auth identity', { timeout: 60_000 }, () => {
  it('reads the key from a file and prints wallet and device, and nothing secret', async () => {
    writeFileSync(path('wallet.key'), `0x${KEY}\n`);
    const { code, stdout, stderr } = await command.run(['identity', '--key-file', 'wallet.key', '--out', 'file.id']);
    const { wallet, deviceId } = identityIn('file.id');
    expect(wallet).toBe(WALLET);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `wallet  ${WALLET}\ndevice  ${deviceId}\nfile    file.id\n`,
      stderr: '',
    });
  });

  it.each([
    ['the environment', [], { env: { [KEY_VARIABLE]: KEY } }],
    ['the environment, with 0x and capitals', [], { env: { [KEY_VARIABLE]: ` 0x${KEY.toUpperCase()} ` } }],
    ['standard input', ['--key-file', '-'], { stdin: `${KEY}\r\n` }],
    [
      'standard input, whatever the environment contains',
      ['--key-file', '-'],
      { stdin: KEY, env: { [KEY_VARIABLE]: '7' } },
    ],
  ])('reads the key from %s', async (_, flags, options) => {
    const { stdout } = await command.run(['identity', '--out', 'any.id', '--force', '--json', ...flags], options);
    const { wallet, deviceId } = identityIn('any.id');
    expect(JSON.parse(stdout)).toEqual({
      wallet: WALLET,
      deviceId,
      file: 'any.id',
      certificateExpiresAtMs: null,
    });
    expect(wallet).toBe(WALLET);
  });

  it('--valid-for ends the certificate, and says when', async () => {
    const env = { [KEY_VARIABLE]: KEY };
    const before = Date.now();
    const { stdout } = await command.run(['identity', '--out', 'ends.id', '--valid-for', '90d', '--json'], { env });
    const { certificateExpiresAtMs } = JSON.parse(stdout) as { certificateExpiresAtMs: number };
    expect(identityIn('ends.id').certificateExpiresAtMs).toBe(certificateExpiresAtMs);
    expect(certificateExpiresAtMs).toBeGreaterThanOrEqual(before + 90 * 86_400_000);
    expect(certificateExpiresAtMs).toBeLessThanOrEqual(Date.now() + 90 * 86_400_000);
    const text = (await command.run(['identity', '--out', 'text.id', '--valid-for', '90d'], { env })).stdout;
    const { certificateExpiresAtMs: endMs = 0 } = identityIn('text.id');
    expect(text).toMatch(new RegExp(`^ends    ${new Date(endMs).toISOString()}$`, 'm'));
  });

  it.each([
    ['59s', '--valid-for must be from 1m to 3660d'],
    ['3661d', '--valid-for must be from 1m to 3660d'],
    ['90', '--valid-for must be a number with its unit, such as 90s, 15m, 12h or 30d'],
  ])('refuses --valid-for %s in one line', async (time, complaint) => {
    const env = { [KEY_VARIABLE]: KEY };
    const { code, stderr } = await command.run(['identity', '--out', 'no.id', '--valid-for', time], { env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: `wallet-auth identity: ${complaint}\n` });
  });

  it('makes another device each time', async () => {
    const env = { [KEY_VARIABLE]: KEY };
    await command.run(['identity', '--out', 'one.id'], { env });
    await command.run(['identity', '--out', 'two.id'], { env });
    expect(identityIn('one.id').deviceId).not.toBe(identityIn('two.id').deviceId);
  });

  it('refuses an empty variable, which is not the same as none', async () => {
    const { code, stderr } = await command.run(['identity', '--out', 'none.id'], { env: { [KEY_VARIABLE]: '' } });
    const complaint = `wallet-auth identity: the private key in ${KEY_VARIABLE} must be 64 hex digits\n`;
    expect({ code, stderr }).toEqual({ code: 2, stderr: complaint });
  });

  it('does not keep the private key of the wallet', async () => {
    await command.run(['identity', '--out', 'kept.id'], { env: { [KEY_VARIABLE]: KEY } });
    expect(readFileSync(path('kept.id')).toString('hex')).not.toContain(KEY);
  });

  it.each([
    ['text', 'not a key'],
    ['63 digits', KEY.slice(1)],
    ['65 digits', `${KEY}0`],
    ['zero', '0'.repeat(64)],
    ['the order of the curve', 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'],
    ['nothing', ''],
    ['2,000 characters', KEY.repeat(32)],
  ])('refuses a key that is none, without repeating it: %s', async (_, key) => {
    const { code, stdout, stderr } = await command.run(['identity', '--out', 'none.id', '--key-file', '-'], {
      stdin: key,
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^wallet-auth identity: [^\n]*standard input[^\n]*\n$/);
    if (key !== '') expect(stderr).not.toContain(key);
    expect(existsSync(path('none.id'))).toBe(false);
  });
});

describe('the identity file', { timeout: 60_000 }, () => {
  const env = { [KEY_VARIABLE]: KEY };

  it.each(['000', '022', '077'])('only its owner may read it, under umask %s', async (umask) => {
    const { code } = await command.shell(`umask ${umask} && wallet-auth identity --out mode-${umask}.id`, { env });
    expect({ code, mode: modeOf(`mode-${umask}.id`) }).toEqual({ code: 0, mode: 0o600 });
  });

  it('is not overwritten', async () => {
    writeFileSync(path('precious.id'), 'precious');
    expect(await command.run(['identity', '--out', 'precious.id'], { env })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wallet-auth identity: precious.id exists already; --force replaces it\n',
    });
    expect(readFileSync(path('precious.id'), 'utf8')).toBe('precious');
  });

  it('is replaced with --force, and then private whatever it was before', async () => {
    writeFileSync(path('open.id'), 'old');
    chmodSync(path('open.id'), 0o666);
    const { code } = await command.run(['identity', '--out', 'open.id', '--force'], { env });
    expect({ code, mode: modeOf('open.id'), wallet: identityIn('open.id').wallet }).toEqual({
      code: 0,
      mode: 0o600,
      wallet: WALLET,
    });
  });

  it('is not written through a link that somebody put there', async () => {
    writeFileSync(path('target'), 'somebody else reads this');
    symlinkSync(path('target'), path('link.id'));
    expect((await command.run(['identity', '--out', 'link.id'], { env })).code).toBe(2);
    expect((await command.run(['identity', '--out', 'link.id', '--force'], { env })).code).toBe(0);
    expect(readFileSync(path('target'), 'utf8')).toBe('somebody else reads this');
  });

  it.each([
    ['no-such-dir/x.id', 'cannot write no-such-dir/x.id: no such file or directory'],
    ['.', '. exists already; --force replaces it'],
  ])('cannot be written to %s', async (out, complaint) => {
    const { code, stderr } = await command.run(['identity', '--out', out], { env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: `wallet-auth identity: ${complaint}\n` });
  });

  it('leaves no temporary file behind where it fails', async () => {
    expect((await command.run(['identity', '--out', '.', '--force'], { env })).code).toBe(2);
    expect(readdirSync(command.cwd).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(readdirSync(join(command.cwd, '..')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('--force leaves temporary files of other programs alone', async () => {
    writeFileSync(path('forced.id'), 'old');
    writeFileSync(path('forced.id.tmp'), 'theirs');
    expect((await command.run(['identity', '--out', 'forced.id', '--force'], { env })).code).toBe(0);
    expect(identityIn('forced.id').wallet).toBe(WALLET);
    expect(readFileSync(path('forced.id.tmp'), 'utf8')).toBe('theirs');
    expect(readdirSync(command.cwd).filter((name) => name.startsWith('forced.id'))).toHaveLength(2);
  });

  it('--force does not replace a FIFO, and a FIFO as the key file does not hang', async () => {
    execFileSync('mkfifo', [path('fifo')]);
    expect(await command.run(['identity', '--out', 'fifo', '--force'], { env })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wallet-auth identity: fifo is not a regular file\n',
    });
    expect(await command.run(['identity', '--out', 'none.id', '--key-file', 'fifo'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wallet-auth identity: fifo is not a regular file; - reads standard input\n',
    });
  }, 10_000);
});
