import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Redis of this program's own, which keeps nothing on disk. */
export interface ExampleRedis {
  /** The path of its Unix socket. */
  readonly socket: string;
  /** Ends it at once, with all that it holds, and starts another in its place. */
  readonly replace: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const executable = process.env['REDIS_SERVER'] ?? 'redis-server';

/** Whether there is a Redis on this machine. */
export const redisIsThere = spawnSync(executable, ['--version']).status === 0;

export async function startRedis(): Promise<ExampleRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'devices-'));
  const socket = join(folder, 'socket');
  let child = await run(socket, folder);
  return {
    socket,
    async replace() {
      await end(child);
      child = await run(socket, folder);
    },
    async close() {
      await end(child);
      await rm(folder, { recursive: true });
    },
  };
}

async function run(socket: string, folder: string): Promise<ChildProcess> {
  const flags = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(executable, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout) if (/ready to accept connections/i.test(String(chunk))) break;
  child.stdout.resume();
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
