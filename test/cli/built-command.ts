import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const INSTALLED = join(REPOSITORY, 'node_modules');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it printed so far. */
  readonly stdout: () => string;
  /** Waits until standard output matches. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

/** `wallet-auth` as npm would install it, made of the sources as they are now. */
export interface BuiltCommand {
  /** Where the package lies; `dist` is in it. */
  readonly packageDir: string;
  /** The working directory of all that is run. */
  readonly cwd: string;
  /** Runs the command itself to its end. */
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** Runs a line of `sh` to its end, with the command, `buf` and `node` on the path. */
  readonly shell: (line: string, options?: RunOptions) => Promise<Ended>;
  /** Starts the command; it is killed by `remove` if it still runs. */
  readonly start: (args: readonly string[], options?: RunOptions) => Running;
  readonly remove: () => Promise<void>;
}

/**
 * Builds the command in a directory of its own, where only what package.json names can be imported.
 * @param without packages that are not to be installed.
 */
export async function buildCommand(...without: string[]): Promise<BuiltCommand> {
  const home = mkdtempSync(join(tmpdir(), 'wallet-auth-'));
  const packageDir = join(home, 'package');
  const cwd = join(home, 'work');
  const bin = join(home, 'bin');
  for (const dir of [packageDir, cwd, bin]) mkdirSync(dir);

  copyFileSync(join(REPOSITORY, 'package.json'), join(packageDir, 'package.json'));
  await build({
    absWorkingDir: REPOSITORY,
    entryPoints: ['src/**/*.ts', 'gen/**/*.ts'],
    outbase: '.',
    outdir: join(packageDir, 'dist'),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  const lazy = 'src/protobuf/when-needed.cjs'; // as it is, in the package too
  copyFileSync(join(REPOSITORY, lazy), join(packageDir, 'dist', lazy));
  for (const name of dependencies()) if (!without.includes(name)) install(name, packageDir);
  const main = join(packageDir, 'dist/src/cli/main.js');
  chmodSync(main, 0o755);
  for (const name of commandNames()) symlinkSync(main, join(bin, name));

  const path = [bin, join(INSTALLED, '.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  const children = new Set<ChildProcessWithoutNullStreams>();
  function launch(file: string, args: readonly string[], { stdin = '', env = {} }: RunOptions = {}): Running {
    const child = spawn(file, args, { cwd, env: { PATH: path, HOME: home, ...env } });
    children.add(child);
    child.stdin.on('error', () => undefined); // it need not read all of its input
    child.stdin.end(stdin);
    return running(child);
  }

  return {
    packageDir,
    cwd,
    run: (args, options) => launch(process.execPath, [main, ...args], options).ended,
    shell: (line, options) => launch('/bin/sh', ['-c', line], options).ended,
    start: (args, options) => launch(process.execPath, [main, ...args], options),
    async remove() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function running(child: ChildProcessWithoutNullStreams): Running {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
  return {
    child,
    stdout: () => stdout,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout);
          if (match === null) return;
          child.stdout.off('data', look);
          resolve(match);
        };
        child.stdout.on('data', look);
        look();
        void ended.then(() => reject(new Error(`ended without ${pattern}: ${stdout}${stderr}`)));
      }),
  };
}

/** The names under which npm installs the command. */
function commandNames(): string[] {
  const { bin } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  return Object.keys(bin);
}

/** What a user who installs the package and all of its optional peers has. */
function dependencies(): Set<string> {
  const text = readFileSync(join(REPOSITORY, 'package.json'), 'utf8');
  const manifest = JSON.parse(text) as Record<'dependencies' | 'peerDependencies', Record<string, string>>;
  const peersOfServe = ['@grpc/reflection', 'grpc-health-check'];
  return new Set([...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }), ...peersOfServe]);
}

function install(name: string, packageDir: string): void {
  const place = join(packageDir, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(INSTALLED, name), place);
}
