#!/usr/bin/env node
import { readFileSync } from 'node:fs';

import { asciiText } from './ascii.js';
import { curlLine } from './curl-line.js';
import type { Command } from './flags.js';
import { UsageError } from './flags.js';

type Entry = readonly [name: string, summary: string, load: () => Promise<{ run: Command }>];

/** Every command. Its file is loaded when it is called, so that only what it uses must be installed. */
const COMMANDS: readonly Entry[] = [
  ['demo', 'show a server that identifies its callers and refuses bad tokens', () => import('./commands/demo.js')],
  ['serve', 'run a demo node, with health checks and reflection', () => import('./commands/serve.js')],
  ['identity', 'make a device identity, certified by a wallet', () => import('./commands/identity.js')],
  ['token', 'make a token', () => import('./commands/token.js')],
  ['devices', 'list, revoke and label the devices of a wallet', () => import('./commands/devices.js')],
  ['revoke', 'revoke devices with the signature of the wallet alone', () => import('./commands/revoke.js')],
  ['inspect', 'show the content of a token', () => import('./commands/inspect.js')],
  ['list', 'change an access list that nodes follow in Redis', () => import('./commands/list.js')],
  ['verify', 'check a token; the exit code is the answer', () => import('./commands/verify.js')],
  ['conformance', 'test a running node with good and bad tokens', () => import('./commands/conformance.js')],
];

const NAME = 'npx grpc-wallet-auth';

const HELP = `\
Tells a gRPC service which Ethereum wallet is calling.

Usage: wallet-auth <command> [options]

Commands
${COMMANDS.map(([name, summary]) => `  ${name.padEnd(13)}${summary}`).join('\n')}
  help         print this help, or that of a command

Options
  -h, --help     prints this help; after a command, that of the command
  -v, --version  prints the version

Exit codes
  0  success
  1  a refused token (verify) or call (devices, revoke), an unexpected result (demo), or a node that deviates (conformance)
  2  wrong usage, or any other error

Examples
  ${NAME} demo
  ${NAME} identity --key-file wallet.key --out device.id
  ${NAME} serve
  npx ${curlLine()}`;

async function main(name: string | undefined, args: readonly string[]): Promise<number> {
  if (name === 'help' && args.length > 0) return main(args[0], ['--help']);
  if (name === 'help' || name === '--help' || name === '-h') return print(HELP);
  if (name === '--version' || name === '-v') return print(version());
  if (name === undefined) throw new UsageError(`no command; see ${NAME} --help`);
  const [, , load] = COMMANDS.find(([known]) => known === name) ?? [];
  if (load === undefined) throw new UsageError(`unknown ${quoted(name)}; see ${NAME} --help`);
  const { run } = await load();
  return run(args);
}

function print(text: string): number {
  console.log(text);
  return 0;
}

/** The unknown argument, unless it might be a secret in the wrong place. */
function quoted(name: string): string {
  const kind = name.startsWith('-') ? 'option' : 'command';
  return /^[a-z-]{1,20}$/.test(name) ? `${kind} ${name}` : kind;
}

/** The package is three folders up from where this file is built to. */
function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The first line of any error. */
function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return asciiText(line);
}

process.stdout.on('error', () => process.exit(2)); // the reader has closed the pipe
const [name, ...args] = process.argv.slice(2);
try {
  process.exitCode = await main(name, args);
} catch (error) {
  const prefix = COMMANDS.some(([known]) => known === name) ? `wallet-auth ${name}` : 'wallet-auth';
  console.error(`${prefix}: ${messageOf(error)}`);
  process.exitCode = 2;
}
