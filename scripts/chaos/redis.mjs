import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

const executable = process.env['REDIS_SERVER'] ?? 'redis-server';

/** A port of loopback that is free now. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a Redis in a folder of its own, which goes when it ends.
 * @param flags more of its command line.
 */
export async function startRedis(flags = []) {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const port = await freePort();
  let child;
  let admin;

  async function start() {
    const place = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''].map(String);
    child = spawn(executable, [...place, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const failed = once(child, 'error').then(([error]) => {
      throw error;
    });
    const isUp = async () => {
      let text = '';
      for await (const chunk of child.stdout) if (/ready to accept connections/i.test((text += chunk))) return;
      throw new Error(`Redis did not start: ${text}`);
    };
    await Promise.race([isUp(), failed]);
    child.stdout.resume();
    admin = new Redis({ port, retryStrategy: null });
    admin.on('error', () => undefined);
  }

  async function kill() {
    admin?.disconnect();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  await start();
  return {
    port,
    /** Starts it again at the same port. */
    start,
    /** As a power cut would. */
    kill,
    command: (name, ...args) => admin.call(name, ...args.map(String)),
    async end() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
