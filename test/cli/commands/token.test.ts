import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exportIdentity } from '../../../src/client/index.js';
import { createVerifier } from '../../../src/index.js';
import { mintIdentity } from '../../../src/testing/index.js';
import { decodeAuthData, decodeToken } from '../../../src/token/decode-token.js';
import { buildCommand, type BuiltCommand } from '../built-command.js';

const identity = mintIdentity();
const exported = exportIdentity(identity);

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
  writeFileSync(join(command.cwd, 'device.id'), exported, { mode: 0o600 });
}, 60_000);
afterAll(() => command.remove());

const { wallet, deviceId } = identity;
const verifier = createVerifier();

describe('wallet-auth token', { timeout: 60_000 }, () => {
  it('prints a token that is good now, and nothing else', async () => {
    const before = Date.now();
    const { code, stdout, stderr } = await command.run(['token', '--identity', 'device.id']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[A-Za-z0-9+/]+=*\n$/);
    const proven = verifier.verify(`Bearer ${stdout.trim()}`);
    expect(proven).toMatchObject({ wallet, deviceId });
    expect(proven.issuedAtMs).toBeGreaterThanOrEqual(before);
    expect(proven.issuedAtMs).toBeLessThanOrEqual(Date.now());
  });

  it('--header prints the header as it goes over the wire', async () => {
    const { stdout } = await command.run(['token', '--identity', 'device.id', '--header']);
    const [name, value] = stdout.trimEnd().split(': ');
    expect(name).toBe('authorization');
    expect(verifier.verify(value).deviceId).toBe(deviceId);
  });

  it('--json prints token, wallet and device', async () => {
    const { stdout } = await command.run(['token', '--identity', 'device.id', '--json']);
    const { token, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ wallet, deviceId });
    expect(verifier.verify(`Bearer ${token}`).deviceId).toBe(deviceId);
  });

  it('reads the identity from standard input', async () => {
    const { stdout } = await command.run(['token', '--identity', '-'], { stdin: exported });
    expect(verifier.verify(`Bearer ${stdout.trim()}`).deviceId).toBe(deviceId);
  });

  it('gives another token each time, of the same device, and the file stays as it is', async () => {
    const tokens = [];
    for (let i = 0; i < 2; i++) tokens.push((await command.run(['token', '--identity', 'device.id'])).stdout.trim());
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect(verifier.verify(`Bearer ${token}`).deviceId).toBe(deviceId);
    expect(new Uint8Array(readFileSync(join(command.cwd, 'device.id')))).toEqual(exported);
  });

  it.each([
    ['cut off', exported.slice(0, -1)],
    ['longer', Uint8Array.of(...exported, 0)],
    ['of another version', Uint8Array.of(2, ...exported.slice(1))],
    ['of another wallet', exported.with(5, (exported[5] ?? 0) ^ 1)],
    ['with another private key', exported.with(40, (exported[40] ?? 0) ^ 1)],
    ['empty', new Uint8Array(0)],
    ['a text', new TextEncoder().encode('hello')],
  ])('refuses an identity that is %s in one line', async (_, bytes) => {
    writeFileSync(join(command.cwd, 'bad.id'), bytes, { mode: 0o600 });
    const { code, stdout, stderr } = await command.run(['token', '--identity', 'bad.id']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^wallet-auth token: bad\.id: [^\n]+\n$/);
  });

  it('refuses an identity file that others can read, unless --allow-readable accepts it', async () => {
    const file = join(command.cwd, 'shared.id');
    writeFileSync(file, exported);
    chmodSync(file, 0o644);
    expect(await command.run(['token', '--identity', 'shared.id'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'wallet-auth token: other users have access to shared.id (mode 0644): run chmod 600, or give --allow-readable\n',
    });
    const { code, stdout } = await command.run(['token', '--identity', 'shared.id', '--allow-readable']);
    expect(code).toBe(0);
    expect(verifier.verify(`Bearer ${stdout.trim()}`).deviceId).toBe(deviceId);
  });

  it('a FIFO as the identity file does not hang, but is refused', async () => {
    execFileSync('mkfifo', [join(command.cwd, 'fifo.id')]);
    expect(await command.run(['token', '--identity', 'fifo.id'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wallet-auth token: fifo.id is not a regular file; - reads standard input\n',
    });
  }, 10_000);
});

describe('wallet-auth token with restrictions', { timeout: 60_000 }, () => {
  const tokenOf = async (...flags: string[]) => {
    const { code, stdout, stderr } = await command.run(['token', '--identity', 'device.id', ...flags]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.trim();
  };

  it('writes every one of them, and a list where a flag is repeated', async () => {
    const challenge = 'ab'.repeat(16);
    const before = Date.now();
    const token = await tokenOf(
      '--audience',
      'node.example:443',
      '--audience',
      'spare',
      '--valid-for',
      '5m',
      '--methods',
      'notes.v1.NotesService/List',
      '--methods',
      'notes.v1.Admin/*',
      '--challenge',
      challenge,
      '--strict',
    );
    const { restrictions, createdNs } = decodeAuthData(decodeToken(token).authDataBytes);
    expect(Number(createdNs / 1_000_000n)).toBeGreaterThanOrEqual(before);
    expect(restrictions).toEqual({
      audience: ['node.example:443', 'spare'],
      expiresNs: createdNs + 300_000_000_000n,
      challenge: new Uint8Array(16).fill(0xab),
      methods: ['notes.v1.NotesService/List', 'notes.v1.Admin/*'],
      proofRequired: false,
      strict: true,
      unknownField: undefined,
    });
    const node = createVerifier({ audience: 'spare' });
    expect(node.verify(`Bearer ${token}`).expiresAtMs).toBe(Number(createdNs / 1_000_000n) + 300_000);
  });

  it('--expires ends it at that time', async () => {
    const end = new Date(Date.now() + 600_000);
    const { restrictions } = decodeAuthData(decodeToken(await tokenOf('--expires', end.toISOString())).authDataBytes);
    expect(restrictions?.expiresNs).toBe(BigInt(end.getTime()) * 1_000_000n);
  });

  it('without them it has none', async () => {
    expect(decodeAuthData(decodeToken(await tokenOf()).authDataBytes).restrictions).toBeUndefined();
  });

  it.concurrent.each([
    [['--valid-for', '5'], '--valid-for must be a number with its unit, such as 90s, 15m, 12h or 30d'],
    [['--valid-for', '0s'], '--valid-for must be a number with its unit, such as 90s, 15m, 12h or 30d'],
    [['--valid-for', '367d'], 'validForMs must be an integer from 1 to 31622400000'],
    [['--valid-for', '5m', '--expires', '2099-01-01'], '--valid-for and --expires exclude each other'],
    [['--expires', '2020-01-01'], '--expires must be a time that is yet to come'],
    [['--audience', 'Node.example:443'], 'audience: "Node.example:443" must be written "node.example:443"'],
    [['--audience', 'a', '--audience', 'a'], 'audience names a node twice'],
    [['--audience', ''], '--audience must not be empty; see --help'],
    [['--methods', 'List'], /^methods must be a list of 1 to 32 of package\.Service\/Method/],
    [['--challenge', 'ab'.repeat(16)], '--challenge goes with --audience'],
    [['--audience', 'a', '--challenge', 'abcd'], '--challenge must be 32 hex digits'],
  ])('%j is wrong usage, in one line', async (flags, complaint) => {
    const { code, stdout, stderr } = await command.run(['token', '--identity', 'device.id', ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const [, line = ''] = /^wallet-auth token: ([^\n]+)\n$/.exec(stderr) ?? [];
    expect(line).toEqual(typeof complaint === 'string' ? complaint : expect.stringMatching(complaint));
  });
});
