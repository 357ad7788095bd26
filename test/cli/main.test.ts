import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { nodeFlags } from '../../src/cli/node-flags.js';
import { verifierFlags } from '../../src/cli/verifier-flags.js';
import { buildCommand, type BuiltCommand } from './built-command.js';

const COMMANDS = ['demo', 'serve', 'identity', 'token', 'devices', 'inspect', 'verify', 'conformance'];
const METRICS_PEERS = ['@opentelemetry/api', '@opentelemetry/sdk-metrics', '@opentelemetry/exporter-prometheus'];
const KEY = '11'.repeat(32);

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
}, 60_000);
afterAll(() => command.remove());

describe('help and version', { timeout: 60_000 }, () => {
  it.each([['--help'], ['-h'], ['help']])('%s lists every command and shows examples', async (flag) => {
    const { code, stdout, stderr } = await command.run([flag]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
    expect(stdout).toMatch(/^Examples\n {2}npx grpc-wallet-auth /m);
  });

  it.each(COMMANDS)('%s --help shows its usage, examples, and exactly the options it knows', async (name) => {
    const { code, stdout, stderr } = await command.run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: wallet-auth ${name} ?`, 'm'));
    expect(stdout).toMatch(/^Examples\n {2}\S/m);
    const shown = new Set(Array.from(stdout.matchAll(/^ {2}--([a-z-]+)/gm), ([, flag]) => flag));
    const source = readFileSync(new URL(`../../src/cli/commands/${name}.ts`, import.meta.url), 'utf8');
    const known = new Set(Array.from(source.matchAll(/'?([a-z-]+)'?: \{ type: '/g), ([, flag]) => flag));
    for (const [, shared = ''] of source.matchAll(/^ .*\.\.\.(verifierFlags|nodeFlags)/gm))
      for (const flag of Object.keys({ verifierFlags, nodeFlags }[shared] ?? {})) known.add(flag);
    expect(shown).toEqual(known);
  });

  it.each(COMMANDS)('help %s prints the help of the command', async (name) => {
    expect(await command.run(['help', name])).toEqual(await command.run([name, '--help']));
  });

  it.each(['--version', '-v'])('%s prints the version of package.json', async (flag) => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await command.run([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each(['wallet-auth', 'grpc-wallet-auth'])('%s is an executable file, by a name in package.json', async (name) => {
    const { code, stdout } = await command.shell(`${name} --version`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  it('every example runs without an installed package, by npx and the name of the package', async () => {
    for (const args of [['--help'], ...COMMANDS.map((name) => [name, '--help'])]) {
      const { stdout } = await command.run(args);
      const [, examples = ''] = stdout.split('\nExamples\n');
      expect(examples.match(/wallet-auth/g)).toHaveLength(examples.match(/npx grpc-wallet-auth/g)?.length ?? 0);
      expect(examples).toMatch(/npx grpc-wallet-auth/);
    }
  });
});

describe('wrong usage ends with exit code 2 and one clear line', { timeout: 60_000 }, () => {
  const cases: [args: string[], complaint: string | RegExp][] = [
    [[], 'wallet-auth: no command; see npx grpc-wallet-auth --help'],
    [['frobnicate'], 'wallet-auth: unknown command frobnicate; see npx grpc-wallet-auth --help'],
    [['constructor'], 'wallet-auth: unknown command constructor; see npx grpc-wallet-auth --help'],
    [['--json'], 'wallet-auth: unknown option --json; see npx grpc-wallet-auth --help'],
    [[''], 'wallet-auth: unknown command; see npx grpc-wallet-auth --help'],
    [['demo', '--fast'], 'wallet-auth demo: unknown option --fast; see --help'],
    [['demo', 'now'], 'wallet-auth demo: takes options only; see --help'],
    [['demo', '--json=yes'], "wallet-auth demo: option '--json' does not take an argument; see --help"],
    [['token', '--identity'], "wallet-auth token: option '--identity <value>' argument missing; see --help"],
    [['token', '--identity', '--json'], "wallet-auth token: option '--identity' argument is ambiguous; see --help"],
    [['token'], 'wallet-auth token: no identity: give --identity <file>'],
    [['token', '--identity', 'no\nfile'], 'wallet-auth token: cannot read no'],
    [['token', '--identity', 'nothing.id'], 'wallet-auth token: cannot read nothing.id: no such file or directory'],
    [['token', '--identity', '.'], 'wallet-auth token: . is not a regular file; - reads standard input'],
    [
      ['token', '--identity', '/dev/zero'],
      'wallet-auth token: /dev/zero is not a regular file; - reads standard input',
    ],
    [['token', '--identity', '-'], /^wallet-auth token: standard input: not a usable exported identity: it is empty$/],
    [['token', '--identity', 'x', '--json', '--header'], 'wallet-auth token: --header and --json do not go together'],
    [['identity'], 'wallet-auth identity: no file for the identity: give --out <file>'],
    [
      ['identity', '--out', 'a.id'],
      /^wallet-auth identity: no private key: give --key-file <file>, .* or WALLET_AUTH_PRIVATE_KEY$/,
    ],
    [
      ['identity', '--out', 'a.id', '--key-file', 'no.key'],
      'wallet-auth identity: cannot read no.key: no such file or directory',
    ],
    [
      ['identity', '--out', 'a.id', '--key-file', '-'],
      'wallet-auth identity: the private key in standard input must be 64 hex digits',
    ],
    [['serve', '--port', '65536'], 'wallet-auth serve: --port must be a number from 0 to 65535'],
    [['serve', '--port', ''], 'wallet-auth serve: --port must not be empty; see --help'],
    [['serve', '--host', ''], 'wallet-auth serve: --host must not be empty; see --help'],
    [['serve', '--limit', '0'], 'wallet-auth serve: --limit must be a number from 1 to 1000000'],
    [['serve', '--metrics', 'yes'], 'wallet-auth serve: --metrics must be a number from 0 to 65535'],
    [
      ['serve', '--metrics', '0', '--host', '203.0.113.1'],
      'wallet-auth serve: cannot listen on 203.0.113.1:0: address not available',
    ],
    [
      ['serve', '--host', '203.0.113.1'],
      'wallet-auth serve: cannot listen on 203.0.113.1:50051: address not available',
    ],
    [
      ['inspect', '--max-future-skew-ms', '', 'x'],
      'wallet-auth inspect: --max-future-skew-ms must not be empty; see --help',
    ],
    [['token', '--identity', ''], 'wallet-auth token: --identity must not be empty; see --help'],
    [['identity', '--out', ''], 'wallet-auth identity: --out must not be empty; see --help'],
    [['identity', '--out', 'a.id', '--key-file', ''], 'wallet-auth identity: --key-file must not be empty; see --help'],
    [['conformance'], 'wallet-auth conformance: no node: give <host:port>'],
    [['conformance', 'a:1'], 'wallet-auth conformance: no method: give --method package.Service/Method'],
    [['conformance', 'a:1', 'b:1'], 'wallet-auth conformance: expected one node; see --help'],
    [['conformance', 'a:1', '--method', 'List'], 'wallet-auth conformance: --method must be package.Service/Method'],
    [
      ['conformance', 'a:1', '--method', 'a.S/M', '--profile', 'old'],
      'wallet-auth conformance: --profile must be wallet-auth or xmtp, not old',
    ],
    [
      ['conformance', 'a:1', '--method', 'a.S/M', '--challenge'],
      'wallet-auth conformance: --challenge goes with --audience',
    ],
    [
      ['conformance', 'a:1', '--method', 'a.S/M', '--tls', '--insecure'],
      'wallet-auth conformance: --tls and --insecure exclude each other',
    ],
    [
      ['conformance', 'a:1', '--method', 'a.S/M', '--ca-file', 'no.pem'],
      'wallet-auth conformance: cannot read no.pem: no such file or directory',
    ],
    [
      ['conformance', 'a:1', '--method', 'a.S/M', '--timeout', '5'],
      'wallet-auth conformance: --timeout must be a number with its unit, such as 90s, 15m, 12h or 30d',
    ],
    [['conformance', '127.0.0.1:1', '--method', 'a.S/M'], /^wallet-auth conformance: the node cannot be called: /],
    [
      ['conformance', 'a:1', '--method', 'a.S/M', '--only', 'all'],
      /^wallet-auth conformance: --only must be one of credentials, parts, addresses, times, /,
    ],
    [['serve', '--require', 'proof'], 'wallet-auth serve: --require must be audience or challenge'],
    [['serve', '--require', 'audience'], /^wallet-auth serve: require\.audience needs the option audience/],
    [['serve', '--audience', 'A:1'], /^wallet-auth serve: audience: "A:1" must be written "a:1"/],
    [['help', 'frobnicate'], 'wallet-auth: unknown command frobnicate; see npx grpc-wallet-auth --help'],
    [['verify', '--at', '', 'x'], 'wallet-auth verify: --at must not be empty; see --help'],
    [['verify', '--at=', 'x'], 'wallet-auth verify: --at must not be empty; see --help'],
    [['verify', ''], 'wallet-auth verify: the token is empty'],
    [['inspect', ' \n'], 'wallet-auth inspect: the token is empty'],
    [['verify', 'authorization: '], 'wallet-auth verify: the token is empty'],
    [['verify'], 'wallet-auth verify: standard input is empty'],
    [['inspect', '-'], 'wallet-auth inspect: standard input is empty'],
    [['verify', 'A', 'B'], 'wallet-auth verify: expected one token, but got 2 arguments; see --help'],
    [['inspect', '-', 'B'], 'wallet-auth inspect: expected one token, but got 2 arguments; see --help'],
    [['verify', 'bearer', 'A', 'B'], 'wallet-auth verify: expected one token, but got 3 arguments; see --help'],
    [['verify', '--at', 'yesterday', 'x'], /^wallet-auth verify: --at must be a time with its zone/],
    [['verify', '--at', '2026-01-31T12:00:00', 'x'], /^wallet-auth verify: --at must be a time with its zone/],
    [['verify', '--at', '2026-13-31', 'x'], /^wallet-auth verify: --at must be a time with its zone/],
    [['verify', '--max-age-ms', '1h', 'x'], 'wallet-auth verify: --max-age-ms must be a whole number of milliseconds'],
    [['verify', '--max-age-ms', '0', 'x'], /^wallet-auth verify: maxAgeMs must be an integer from 1 to /],
    [
      ['inspect', '--max-future-skew-ms', '1.5', 'x'],
      'wallet-auth inspect: --max-future-skew-ms must be a whole number of milliseconds',
    ],
    [
      ['inspect', '--max-future-skew-ms', '999999999999', 'x'],
      /^wallet-auth inspect: maxFutureSkewMs must be an integer from 0 to /,
    ],
  ];

  it.concurrent.each(cases.map(([args, complaint]) => ({ args, complaint })))(
    '$complaint',
    async ({ args, complaint }) => {
      const { code, stdout, stderr } = await command.run(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      const line = typeof complaint === 'string' ? complaint : expect.stringMatching(complaint);
      expect(stderr.split('\n')).toEqual([line, '']);
    },
  );

  it.each([[[]], [['--metrics', '0']]])('a port that is in use, with %j', async (flags) => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await command.run(['serve', '--port', String(port), ...flags])).toEqual({
        code: 2,
        stdout: '',
        stderr: `wallet-auth serve: cannot listen on 127.0.0.1:${port}: address already in use\n`,
      });
    } finally {
      server.close();
    }
  });

  it('a curve that does not exist', async () => {
    expect(await command.run(['demo'], { env: { WALLET_AUTH_CURVE: 'edwards' } })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wallet-auth demo: WALLET_AUTH_CURVE must be one of native, wasm, noble\n',
    });
  });

  it('an output pipe that its reader closed', async () => {
    const { stderr } = await command.shell('wallet-auth demo | true');
    expect(stderr).toBe('');
  });
});

describe('a private key is never taken from an argument, and never repeated', { timeout: 60_000 }, () => {
  it.concurrent.each([
    'identity --out x.id KEY',
    'identity --out x.id --key KEY',
    'identity --out x.id --private-key=0xKEY',
    'identity --out x.id -kKEY',
    'identity --out x.id --KEY',
    'identity --out x.id --key-file KEY',
    'identity --out x.id --key-file 0xKEY',
    'KEY',
    'token KEY',
    'serve --port=KEY',
  ])('%s', async (line) => {
    const args = line.split(' ').map((word) => word.replace('KEY', KEY));
    const { code, stdout, stderr } = await command.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^wallet-auth.*: .+\n$/);
    expect(stderr).not.toContain(KEY);
  });
});

describe('without the optional peers', { timeout: 60_000 }, () => {
  let bare: BuiltCommand;
  beforeAll(async () => {
    bare = await buildCommand('@grpc/grpc-js', '@grpc/reflection', 'grpc-health-check', 'secp256k1', ...METRICS_PEERS);
  }, 60_000);
  afterAll(() => bare.remove());

  it('identity, token, verify and inspect work', async () => {
    const line =
      'wallet-auth identity --out d.id && wallet-auth token --identity d.id | tee t | wallet-auth verify && wallet-auth inspect <t';
    const { code, stderr } = await bare.shell(line, { env: { WALLET_AUTH_PRIVATE_KEY: KEY } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    ['demo', '@grpc/grpc-js'],
    ['conformance 127.0.0.1:1 --method a.S/M', '@grpc/grpc-js'],
    ['serve', '@grpc/grpc-js @grpc/reflection grpc-health-check'],
  ])('%s prints in one line what to install: %s', async (name, packages) => {
    const args = name.split(' ');
    const { code, stdout, stderr } = await bare.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^wallet-auth ${args[0]}: \\S+ is not installed; run: npm install ${packages}\n$`),
    );
  });

  it('devices prints in one line what to install', async () => {
    const line = 'wallet-auth identity --out e.id >&2 && wallet-auth devices list --identity e.id';
    const { code, stdout, stderr } = await bare.shell(line, { env: { WALLET_AUTH_PRIVATE_KEY: KEY } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^wallet-auth devices: \S+ is not installed; run: npm install @grpc\/grpc-js\n$/m);
  });

  it.each(['demo', 'serve', 'devices', 'conformance'])('%s explains itself all the same', async (name) => {
    const { code, stdout } = await bare.run([name, '--help']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('npm install') });
  });

  it('serve --metrics prints in one line what to install', async () => {
    const { code, stderr } = await bare.run(['serve', '--metrics', '0']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(
        `^wallet-auth serve: @opentelemetry/\\S+ is not installed; run: npm install ${METRICS_PEERS.join(' ')}\n$`,
      ),
    );
  });

  it('serve works without what only --metrics needs', async () => {
    const lacking = await buildCommand(...METRICS_PEERS);
    try {
      const node = lacking.start(['serve', '--port', '0']);
      await node.until(/^listening on /);
      node.child.kill('SIGTERM');
      expect((await node.ended).code).toBe(0);
    } finally {
      await lacking.remove();
    }
  });

  it('demo works without what only serve needs', async () => {
    const lacking = await buildCommand('@grpc/reflection', 'grpc-health-check', ...METRICS_PEERS);
    try {
      const [demo, serve] = [await lacking.run(['demo']), await lacking.run(['serve'])];
      expect(demo.code).toBe(0);
      expect(serve.stderr).toMatch(/^wallet-auth serve: (@grpc\/reflection|grpc-health-check) is not installed/);
    } finally {
      await lacking.remove();
    }
  });
});
