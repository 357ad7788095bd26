import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isAuthReason } from '../../../src/index.js';
import { buildCommand, type BuiltCommand } from '../built-command.js';

/** Longer than anything but a token or its parts. */
const TOKEN_LIKE = /[A-Za-z0-9+/]{80}/;

interface DemoLine {
  section: string;
  what: string;
  expected: { status: string; detail: string };
  got: { status: string; detail: string };
  ok: boolean;
}

interface DemoReport {
  ok: boolean;
  address: string;
  curve: string;
  wallet: string;
  deviceId: string;
  lines: DemoLine[];
}

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
}, 60_000);
afterAll(() => command.remove());

describe('wallet-auth demo', { timeout: 60_000 }, () => {
  it('prints a table of at most 100 columns, every line of it ticked, and exits with 0', async () => {
    const { code, stdout, stderr } = await command.run(['demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    const ticked = lines.filter((line) => line.startsWith('✓ '));
    expect(lines.filter((line) => line.startsWith('✗'))).toEqual([]);
    expect(lines.at(-1)).toBe(`${ticked.length} of ${ticked.length} lines came out as expected.`);

    const starts = ticked.map((line) => line.match(/ {2}(OK|UNAUTHENTICATED|PERMISSION_DENIED) {2}/)?.index);
    expect(new Set(starts).size).toBe(1);
  });

  it('shows no token and no colour codes in a pipe', async () => {
    const { stdout } = await command.run(['demo']);
    expect(stdout).not.toMatch(TOKEN_LIKE);
    expect(stdout).not.toContain('\u001b');
  });

  it('--json gives every line: four kinds of call, the renewal, and a refusal for each of many reasons', async () => {
    const { code, stdout, stderr } = await command.run(['demo', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(TOKEN_LIKE);
    const { ok, address, curve, wallet, deviceId, lines } = JSON.parse(stdout) as DemoReport;
    expect({ ok, address, curve }).toEqual({
      ok: true,
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      curve: expect.stringMatching(/^(native|wasm|noble)/),
    });
    expect(deviceId).toMatch(new RegExp(`^${wallet}/[0-9a-f]{32}$`));

    const admitted = lines.filter(({ section }) => section === 'admitted').map(({ what }) => what);
    expect(admitted).toEqual([
      'unary call',
      'client stream',
      'server stream',
      'two-way stream',
      '59 minutes later',
      'with the older token',
      'clock two hours fast',
      'clock two hours slow',
    ]);
    const refused = lines.filter(({ section }) => section === 'refused');
    const reasons = new Set(refused.map(({ got }) => got.detail));
    expect(reasons.size).toBe(refused.length);
    expect(reasons.size).toBeGreaterThanOrEqual(8);
    expect([...reasons].filter((reason) => !isAuthReason(reason))).toEqual([]);
    for (const { ok: good, expected, got } of lines) expect({ good, got }).toEqual({ good: true, got: expected });
  });

  it.each(['noble', 'wasm'])('comes out the same on the %s curve', async (curve) => {
    const { code, stdout } = await command.run(['demo'], { env: { WALLET_AUTH_CURVE: curve } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`curve ${curve}`) });
  });
});

describe('wallet-auth demo exits with 1 if anything comes out differently', { timeout: 60_000 }, () => {
  /** Runs the demo with one text of one built file changed, and changes it back. */
  async function sabotaged(file: string, text: string, other: string, ...flags: string[]) {
    const path = join(command.packageDir, 'dist', file);
    const source = readFileSync(path, 'utf8');
    expect(source.split(text)).toHaveLength(2);
    writeFileSync(path, source.replace(text, other));
    try {
      return await command.run(['demo', ...flags]);
    } finally {
      writeFileSync(path, source);
    }
  }

  it('an expectation that is wrong is shown beside what came', async () => {
    const [text, other] = ['"UNSUPPORTED_SCHEME"', '"RATE_LIMITED"'];
    const { code, stdout } = await sabotaged('src/cli/demo/refused.js', text, other);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ another scheme +RATE_LIMITED +UNAUTHENTICATED +UNSUPPORTED_SCHEME$/m);
    expect(stdout).toMatch(/^ {2}expected UNAUTHENTICATED RATE_LIMITED, got UNAUTHENTICATED UNSUPPORTED_SCHEME$/m);
    expect(stdout).toMatch(/^(\d+) of (?!\1)\d+ lines came out as expected\.\n$/m);
  });

  it('a status that is wrong, with the right reason', async () => {
    const [text, other] = ['"PERMISSION_DENIED", "ACCESS_DENIED"', '"UNAUTHENTICATED", "ACCESS_DENIED"'];
    const { code, stdout } = await sabotaged('src/cli/demo/refused.js', text, other);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^✗ a denied wallet/m) });
  });

  it.each([
    ['admits old tokens', 'nowMs <= notAfterMs', 'true', 'two hours old'],
    ['admits future tokens', 'nowMs >= notBeforeMs &&', '', 'from the future'],
  ])('a node that %s', async (_, text, other, what) => {
    const { code, stdout } = await sabotaged('src/verify/time-window.js', text, other, '--json');
    const { ok, lines } = JSON.parse(stdout) as DemoReport;
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(lines.find((line) => line.what === what)).toMatchObject({
      ok: false,
      got: { status: expect.stringMatching(/^OK/) as string },
    });
  });

  it('a node that takes each token for a device of its own', async () => {
    const [text, other] = [
      '{ wallet, deviceId, issuedAtMs: ',
      '{ wallet, deviceId: `${wallet}/${issuedAtMs}`, issuedAtMs: ',
    ];
    const { code, stdout } = await sabotaged('src/cli/node/demo-service.js', text, other);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/^✗ 59 minutes later .*\n.* got OK another token, another device$/m),
    });
  });
});
