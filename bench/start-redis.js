import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const executable = process.env.REDIS_SERVER ?? 'redis-server';

/** Starts a Redis on loopback that keeps nothing on disk: its port, and how to end it. */
export async function startRedis() {
  if (spawnSync(executable, ['--version']).status !== 0) throw new Error(`there is no ${executable}`);
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const port = await freePort();
  const flags = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(executable, flags.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout) if (/ready to accept connections/i.test(String(chunk))) break;
  child.stdout.resume();
  return {
    port,
    async close() {
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
