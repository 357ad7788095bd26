import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { conformanceCases } from '../../../src/cli/conformance/cases.js';
import { buildCommand, type BuiltCommand } from '../built-command.js';

const METHOD = ['--method', 'walletauth.demo.v1.DemoService/WhoAmI'];
const AUDIENCE = ['--audience', 'node.example:443'];

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
  writeFileSync(join(command.cwd, 'challenge.secret'), 'a secret of thirty-two characters\n');
}, 60_000);
afterAll(() => command.remove());

async function serve(...flags: string[]): Promise<string> {
  const node = command.start(['serve', '--port', '0', '--json', ...flags]);
  const [, address = ''] = await node.until(/"address":"([^"]+)"/);
  return address;
}

describe('wallet-auth conformance', { timeout: 60_000 }, () => {
  it('proves a node of wallet-auth serve with a name and challenges, whatever it demands: exit code 0', async () => {
    const address = await serve(...AUDIENCE, '--challenge-secret-file', 'challenge.secret', '--require', 'challenge');
    const { code, stdout, stderr } = await command.run(['conformance', address, ...METHOD, ...AUDIENCE, '--challenge']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        `${address}  walletauth.demo.v1.DemoService/WhoAmI  profile wallet-auth`,
        `${conformanceCases.length + 1} as expected, 0 differ, 0 not judged`,
        'conforms\n',
      ].join('\n'),
    );
  });

  it('convicts a node that has not the limit that it is said to have: exit code 1, and what differs', async () => {
    const address = await serve();
    const args = ['conformance', address, ...METHOD, '--max-age-ms', '60000'];
    const { code, stdout, stderr } = await command.run(args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^differs {5}times\/expired {2}expected TOKEN_EXPIRED, got accepted$/m);
    expect(stdout).toMatch(
      /^not judged {2}it needs a name of the node: give --audience <name>: restrictions\/audience, /m,
    );
    expect(stdout).toMatch(/^does not conform$/m);
  });

  it('--only tries a group of cases, and what proves that the node works', async () => {
    const address = await serve();
    const { code, stdout } = await command.run(['conformance', address, ...METHOD, '--only', 'times']);
    const times = conformanceCases.filter(({ name }) => name.startsWith('times/')).length;
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`\n${times + 2} as expected, 0 differ, 0 not judged\n`),
    });
  });

  it('--json prints every case', async () => {
    const address = await serve('--limit', '1000000');
    const { code, stdout } = await command.run(['conformance', address, ...METHOD, '--profile', 'xmtp', '--json']);
    const report = JSON.parse(stdout) as { cases: object[]; counts: { deviates: number } };
    expect(code).toBe(1); // it knows restrictions, as no node of 2022 does
    expect(report).toMatchObject({ address, profile: 'xmtp', conforms: false });
    expect(report.counts.deviates).toBeGreaterThan(20);
    expect(report.cases).toHaveLength(conformanceCases.length);
    expect(report.cases[0]).toEqual({
      name: 'credentials/good',
      note: 'an ordinary token',
      expected: ['accepted'],
      verdict: 'conforms',
      got: 'accepted',
      by: 'reason',
    });
  });

  it('takes the key of a wallet that the node admits from a file', async () => {
    writeFileSync(join(command.cwd, 'wallet.key'), '11'.repeat(32));
    const address = await serve();
    const { code, stdout } = await command.run(['conformance', address, ...METHOD, '--key-file', 'wallet.key']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^conforms$/m) });
    expect(stdout).not.toContain('11'.repeat(32));
  });
});
