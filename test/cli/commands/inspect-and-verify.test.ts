import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mintToken, settableClock, testWallets } from '../../../src/testing/index.js';
import { createChallenges } from '../../../src/verify/challenge.js';
import * as raw from '../../support/raw-proto.js';
import { aliceAddress, planToken, tokenText } from '../../support/token-workshop.js';
import { buildCommand, type BuiltCommand, type RunOptions } from '../built-command.js';

const vectors = JSON.parse(readFileSync(new URL('../../../vectors/captured.json', import.meta.url), 'utf8')) as {
  authorization: [string];
}[];
const CAPTURED = vectors[0]!.authorization[0]; // made by xmtp-js in August 2022
const CAPTURED_WALLET = '0x2D0e614e8Dc8Adf82c70090F905e6cFC1DE84900';
const TEN_MINUTES_LATER = '2022-08-17T18:42:00Z';
const TWO_HOURS_LATER = '2022-08-17T20:32:01Z';

const NOON = Date.UTC(2026, 0, 31, 12);
const { now } = settableClock(NOON);
const AT_NOON = ['--at', '2026-01-31T12:00:00Z'];

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
}, 60_000);
afterAll(() => command.remove());

const json = async (name: 'inspect' | 'verify', args: string[], options?: RunOptions) => {
  const { code, stdout, stderr } = await command.run([name, '--json', ...args], options);
  return { code, stderr, ...JSON.parse(stdout) };
};

describe('wallet-auth verify', { timeout: 60_000 }, () => {
  it('prints the caller of a good token', async () => {
    const { code, stdout, stderr } = await command.run(['verify', CAPTURED, '--at', TEN_MINUTES_LATER]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`wallet   ${CAPTURED_WALLET}\n`);
    expect(stdout).toMatch(/^expires {2}2022-08-17T19:32:00\.\d{3}Z$/m);
  });

  it('prints why it refuses a bad one, on standard error', async () => {
    expect(await command.run(['verify', CAPTURED, '--at', TWO_HOURS_LATER])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'refused: TOKEN_EXPIRED (token expired)\n',
    });
  });

  it('prints either as JSON', async () => {
    expect(await json('verify', [CAPTURED, '--at', TEN_MINUTES_LATER])).toMatchObject({
      code: 0,
      verdict: 'accepted',
      reason: null,
      message: null,
      identity: { wallet: CAPTURED_WALLET, identityKey: expect.stringMatching(/^0x04[0-9a-f]{128}$/) },
    });
    expect(await json('verify', [CAPTURED, '--at', TWO_HOURS_LATER])).toEqual({
      code: 1,
      stderr: '',
      verdict: 'refused',
      reason: 'TOKEN_EXPIRED',
      message: 'token expired',
      identity: null,
    });
  });

  it.each([
    ['a token as an argument', [mintToken({ now })], {}],
    ['with its scheme in one argument', [`Bearer ${mintToken({ now })}`], {}],
    ['with its scheme in two arguments', ['bearer', mintToken({ now })], {}],
    ['as a whole header', [`authorization: Bearer ${mintToken({ now })}`], {}],
    ['on standard input', ['-'], { stdin: `${mintToken({ now })}\n` }],
    ['on standard input by default', [], { stdin: ` Authorization: Bearer ${mintToken({ now })}\r\n` }],
  ])('takes it %s', async (_, args, options) => {
    const { code, stdout } = await command.run(['verify', ...AT_NOON, ...args], options);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(testWallets.alice.address) });
  });

  it.each([
    ['exactly as old as allowed', ['--max-age-ms', '1000', '--at', String(NOON + 1_000)], 0],
    ['a millisecond older', ['--max-age-ms', '1000', '--at', String(NOON + 1_001)], 1],
    ['exactly as far ahead as allowed', ['--max-future-skew-ms', '1000', '--at', String(NOON - 1_000)], 0],
    ['a millisecond further', ['--max-future-skew-ms', '1000', '--at', String(NOON - 1_001)], 1],
    ['checked in another time zone', ['--at', '2026-01-31T13:59:59+02:00'], 0],
    ['checked by the system clock', [], 1],
  ])('%s', async (_, flags, code) => {
    expect((await command.run(['verify', mintToken({ now }), ...flags])).code).toBe(code);
  });

  it('exits with 0 for a good token, 1 for a refused one and 2 for wrong usage', async () => {
    const good = mintToken({ now });
    const codeOf = async (...args: string[]) => (await command.run(['verify', ...AT_NOON, ...args])).code;
    expect([await codeOf(good), await codeOf('anVuaw=='), await codeOf('--fast', good)]).toEqual([0, 1, 2]);
  });

  it('takes a token that is made while it waits, even if none may be from the future', async () => {
    const line =
      'wallet-auth identity --out d.id >/dev/null && wallet-auth token --identity d.id | wallet-auth verify --max-future-skew-ms 0';
    const { code, stderr } = await command.shell(line, { env: { WALLET_AUTH_PRIVATE_KEY: '11'.repeat(32) } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('wallet-auth inspect', { timeout: 60_000 }, () => {
  it('shows every field of a good token', async () => {
    const plan = planToken({ createdNs: BigInt(NOON) * 1_000_000n });
    const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`;
    const got = await json('inspect', [tokenText({ createdNs: plan.createdNs }), ...AT_NOON]);
    expect(got).toEqual({
      code: 0,
      stderr: '',
      verdict: 'accepted',
      reason: null,
      message: null,
      cause: null,
      at: '2026-01-31T12:00:00.000Z',
      identity: expect.objectContaining({ wallet: plan.claims, issuedAtMs: NOON, expiresAtMs: NOON + 3_600_000 }),
      certifiedBy: plan.claims,
      restrictions: [],
      authData: { walletAddress: plan.claims, createdNs: String(plan.createdNs), restrictions: null },
      fields: {
        identityKey: {
          timestamp: String(plan.keyTimestamp),
          bytes: hex(plan.keyBytes),
          signature: {
            kind: 'ecdsa_compact',
            bytes: hex(plan.walletSignature.bytes),
            recovery: plan.walletSignature.recovery,
          },
        },
        authDataBytes: hex(plan.authData),
        authDataSignature: {
          kind: 'ecdsa_compact',
          bytes: hex(plan.authSignature.bytes),
          recovery: plan.authSignature.recovery,
        },
      },
    });

    const { stdout } = await command.run(['inspect', tokenText({ createdNs: plan.createdNs }), ...AT_NOON]);
    for (const value of [plan.keyBytes, plan.authData, plan.walletSignature.bytes, plan.authSignature.bytes]) {
      expect(stdout).toContain(hex(value));
    }
    expect(stdout).toContain(plan.claims);
    expect(stdout).toContain('2026-01-31T12:00:00.000Z (1769860800000000000 ns)');
    expect(stdout).toMatch(/^verdict +accepted$/m);
  });

  it('shows the reason of a bad one, and what explains it', async () => {
    const token = mintToken({ now, refusedFor: 'WALLET_MISMATCH' });
    const { code, stdout } = await command.run(['inspect', token, ...AT_NOON]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^verdict +refused$/m);
    expect(stdout).toMatch(/^reason +WALLET_MISMATCH \(wallet address mismatch\)$/m);
    expect(stdout).toMatch(new RegExp(`^because +.*"recovered":"${testWallets.alice.address}"`, 'm'));
    expect(stdout).toMatch(new RegExp(`^claims +${testWallets.bob.address}$`, 'm'));
  });

  it.concurrent.each([
    ['a bare scheme', 'Bearer', 'MALFORMED_TOKEN'],
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0', 'UNSUPPORTED_SCHEME'],
    ['junk', 'anVuaw==', 'MALFORMED_TOKEN'],
    ['what is not base64', '\u001b[31m☠', 'MALFORMED_TOKEN'],
    ['too long', 'A'.repeat(500_000), 'TOKEN_TOO_LARGE'],
    ['a key without signature', mintToken({ now, refusedFor: 'UNSIGNED_IDENTITY_KEY' }), 'UNSIGNED_IDENTITY_KEY'],
    ['made at the end of time', tokenText({ createdNs: 2n ** 64n - 1n }), 'TOKEN_FROM_FUTURE'],
  ])('never fails because of the token: %s', async (_, token, reason) => {
    const got = await json('inspect', AT_NOON, { stdin: token });
    expect(got).toMatchObject({ code: 0, stderr: '', verdict: 'refused', reason, identity: null });
    const { code, stderr } = await command.run(['inspect', ...AT_NOON], { stdin: token });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('no content of a token can control the terminal', async () => {
    const token = tokenText({ claims: '\u001b[2J\u009b31m\n\u202eevil' });
    for (const flags of [[], ['--json']]) {
      const { stdout } = await command.run(['inspect', token, ...flags]);
      expect(stdout).toMatch(/^[ -~\n]*$/);
      expect(stdout).toContain('evil');
    }
  });
});

const SECRET = 'a secret of thirty-two characters';
const AUDIENCE = 'node.example:443';
const challengeAt = (ms: number) => createChallenges({ secret: SECRET }).current(ms);

describe('restrictions', { timeout: 60_000 }, () => {
  const restricted = mintToken({
    now,
    audience: [AUDIENCE, 'spare'],
    validForMs: 300_000,
    methods: ['notes.v1.NotesService/List', 'notes.v1.Admin/*'],
    challenge: challengeAt(NOON),
    strict: true,
    certificateExpiresAtMs: NOON + 86_400_000,
  });
  const SENTENCES = [
    'it may be used only at nodes of these names: node.example:443, spare',
    "it ends at 2026-01-31T12:05:00.000Z, 5 minutes after it was made, or earlier by the node's own limit",
    'it may call only these: notes.v1.NotesService/List, all methods of notes.v1.Admin',
    `it was made after a node handed out the challenge ${challengeAt(NOON)}; only nodes that still accept this one take it`,
    'it was signed in the strict form: nodes that ignore restrictions refuse it',
    'its certificate ends at 2026-02-01T12:00:00.000Z: then the wallet has to certify the device again',
  ];

  it('inspect explains every one in words, in text and in JSON', async () => {
    const got = await json('inspect', [restricted, ...AT_NOON, '--audience', AUDIENCE]);
    expect(got).toMatchObject({ verdict: 'accepted', restrictions: SENTENCES });
    const { stdout } = await command.run(['inspect', restricted, ...AT_NOON]);
    for (const sentence of SENTENCES) expect(stdout).toContain(`restriction    ${sentence}\n`);
    expect(stdout).toMatch(/^reason +WRONG_AUDIENCE /m);
  });

  it('inspect explains one that this version does not know, and a proof', async () => {
    const createdNs = BigInt(NOON) * 1_000_000n;
    const authData = (inside: Uint8Array) =>
      raw.concat(raw.text(1, aliceAddress), raw.uint(2, createdNs), raw.bytes(1600, inside));
    const unknown = await json('inspect', [tokenText({ authData: authData(raw.uint(77, 1)) }), ...AT_NOON]);
    expect(unknown).toMatchObject({
      reason: 'UNSUPPORTED_RESTRICTION',
      restrictions: ['it has restriction 77, which this version does not know: it refuses the token'],
    });
    const proof = await json('inspect', [tokenText({ authData: authData(raw.uint(5, 1)) }), ...AT_NOON]);
    expect(proof.restrictions).toEqual([
      'it is good only with a proof of possession on every call: this version refuses it',
    ]);
  });

  it('verify compares the audience with the names given', async () => {
    const token = mintToken({ now, audience: AUDIENCE });
    const codeOf = async (...args: string[]) => (await command.run(['verify', token, ...AT_NOON, ...args])).code;
    expect(await codeOf('--audience', 'spare', '--audience', AUDIENCE)).toBe(0);
    expect(await codeOf('--audience', 'spare')).toBe(1);
    expect(await codeOf()).toBe(1);
  });

  it('verify checks the method, which may have a slash before it', async () => {
    const token = mintToken({ now, methods: ['notes.v1.NotesService/List'] });
    const verify = (method: string) => command.run(['verify', token, ...AT_NOON, '--method', method]);
    expect((await verify('notes.v1.NotesService/List')).code).toBe(0);
    expect((await verify('/notes.v1.NotesService/List')).code).toBe(0);
    expect(await verify('notes.v1.NotesService/Add')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'refused: ACCESS_DENIED (access denied)\n',
    });
  });

  it('verify takes the secret of challenges from a file, two files or the environment', async () => {
    writeFileSync(join(command.cwd, 'old.secret'), `${SECRET}\n`);
    writeFileSync(join(command.cwd, 'new.secret'), `${'n'.repeat(32)}\r\n`);
    const token = mintToken({ now, audience: AUDIENCE, challenge: challengeAt(NOON) });
    const stale = mintToken({ now, audience: AUDIENCE, challenge: challengeAt(NOON - 1_800_000) });
    const flags = [...AT_NOON, '--audience', AUDIENCE];
    const file = (name: string) => ['--challenge-secret-file', name];
    const reasonFor = async (text: string, args: string[], env = {}) =>
      (await json('verify', [text, ...flags, ...args], { env })).reason;
    expect(await reasonFor(token, file('old.secret'))).toBe(null);
    expect(await reasonFor(stale, file('old.secret'))).toBe('CHALLENGE_REQUIRED');
    expect(await reasonFor(token, file('new.secret'))).toBe('CHALLENGE_REQUIRED');
    expect(await reasonFor(token, [...file('new.secret'), ...file('old.secret')])).toBe(null);
    expect(await reasonFor(stale, [], { WALLET_AUTH_CHALLENGE_SECRET: SECRET })).toBe('CHALLENGE_REQUIRED');
    expect(await reasonFor(token, [...file('old.secret'), '--challenge-slot', '15m'])).toBe('CHALLENGE_REQUIRED');
    expect(await reasonFor(stale, [])).toBe(null);
  });

  it.concurrent.each([
    [['--method', 'List'], '--method must be package.Service/Method'],
    [['--method', 'notes.v1.NotesService/*'], '--method must be package.Service/Method'],
    [['--challenge-slot', '10m'], '--challenge-slot goes with a secret of challenges'],
    [['--audience', 'a', '--challenge-secret-file', 'no.file'], 'cannot read no.file: no such file or directory'],
    [['--audience', 'a', '--challenge-secret-file', '-'], 'the secret in standard input must have 32 to 1024 bytes'],
    [['--audience', 'a b'], 'audience: "a b" must be printable ASCII without spaces'],
  ])('%j is wrong usage, in one line', async (flags, complaint) => {
    const { code, stdout, stderr } = await command.run(['verify', 'x', ...flags], { stdin: 'short' });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `wallet-auth verify: ${complaint}\n` });
  });

  it('a secret without a name of the node is wrong usage, and is not repeated', async () => {
    const { code, stderr } = await command.run(['verify', 'x'], { env: { WALLET_AUTH_CHALLENGE_SECRET: SECRET } });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'wallet-auth verify: a secret of challenges goes with --audience\n',
    });
  });
});
