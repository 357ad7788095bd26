import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, inject } from 'vitest';

const INSTALL = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--save-exact', '--ignore-scripts'];
const INSTALL_LIMIT_MS = 180_000;
const RUN_LIMIT_MS = 60_000;

/** Makes a program print where it listens. */
const ANNOUNCE = `require('node:diagnostics_channel').subscribe('tracing:net.server.listen:asyncEnd', ({ server }) =>
  console.log('listening on ' + server.address().port));`;

/** How a command ended. */
export interface Ended {
  /** What it exited with; -1 if a signal ended it. */
  readonly code: number;
  /** What it printed, standard output first. */
  readonly output: string;
}

/** A server that runs. */
export interface Served {
  readonly port: number;
  /** Resolves with its exit code when it ends. */
  readonly exit: Promise<number | null>;
}

/** A folder of its own, outside of the repository, where the packed package is installed as a user would. */
export interface Scaffold {
  readonly dir: string;
  /** Writes files by their paths in the folder. */
  write(files: Readonly<Record<string, string>>): void;
  /** Runs a program of `node_modules/.bin`, or `node`, to its end. */
  run(program: string, args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  /**
   * Starts a server and waits until it listens and has printed a text. It ends with the test file.
   * @param ready the text. Default: none.
   */
  serve(script: string, ready?: string): Promise<Served>;
}

/**
 * The scaffold of one test file or `describe`: installed once before its tests, removed after them.
 * @param type what the folder's own package is.
 * @param packages beside the packed package, each with its exact version.
 */
export function scaffold(type: 'module' | 'commonjs', packages: readonly string[]): Scaffold {
  let dir = '';
  const servers: ChildProcess[] = [];
  const made: Scaffold = {
    get dir() {
      return dir;
    },
    write(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), text);
      }
    },
    run(program, args = [], env = {}) {
      const command = program === 'node' || program === 'npm' ? program : join(dir, 'node_modules/.bin', program);
      return ended(command, args, { cwd: dir, env: { ...cleanEnv(), ...env }, timeout: RUN_LIMIT_MS });
    },
    async serve(script, ready = '') {
      made.write({ 'announce.cjs': ANNOUNCE });
      const args = ['--require', './announce.cjs', script];
      const child = spawn('node', args, { cwd: dir, env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
      servers.push(child);
      const exit = once(child, 'exit').then(([code]) => code as number | null);
      return { port: await announced(child, ready), exit };
    },
  };
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'grpc-wallet-auth-'));
    made.write({ 'package.json': JSON.stringify({ private: true, type }) });
    const options = { cwd: dir, env: cleanEnv(), timeout: INSTALL_LIMIT_MS };
    const { code, output } = await ended('npm', [...INSTALL, inject('tarball'), ...packages], options);
    if (code !== 0) throw new Error(`npm install failed:\n${output}`);
  }, INSTALL_LIMIT_MS);
  afterAll(async () => {
    await Promise.all(servers.map(stop));
    rmSync(dir, { recursive: true, force: true });
  }, RUN_LIMIT_MS);
  return made;
}

function ended(command: string, args: readonly string[], options: object): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, output: stdout + stderr });
    });
  });
}

/** The environment without what the test runner sets. */
function cleanEnv(): NodeJS.ProcessEnv {
  const { NODE_ENV: _1, NODE_OPTIONS: _2, WALLET_AUTH_CURVE: _3, VITEST: _4, ...env } = process.env;
  return { ...env, NO_COLOR: '1' };
}

/** Waits for a line of the announcement and, if named, for another text. */
function announced(child: ChildProcess, ready: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (text: Buffer) => {
      printed += String(text);
      const port = /^listening on (\d+)$/m.exec(printed)?.[1];
      if (port !== undefined && printed.includes(ready)) resolve(Number(port));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', () => reject(new Error(`the server ended:\n${printed}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
