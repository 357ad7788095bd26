import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

const executable = process.env['REDIS_SERVER'] ?? 'redis-server';

/**
 * A port of loopback that is free now, below those that the system gives to clients: while Redis is down, one that connects to it
 * again and again must not get that very port as its own, and find itself.
 */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    server.close();
    if (isFree) return port;
  }
}

/**
 * Starts a Redis in a folder of its own, which goes when it ends.
 * @param flags more of its command line.
 */
export async function startRedis(flags = []) {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const port = await freePort();
  let child;
  let killed;
  let admin;

  async function start() {
    const place = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''].map(String);
    child = spawn(executable, [...place, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const own = child;
    child.on('exit', (code, signal) => {
      if (own !== killed) console.error(`Redis at port ${port} has ended by itself: ${code ?? signal}`);
    });
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
    killed = child;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Nothing is left where this process ends before its time. */
  const leaveNothing = () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', leaveNothing);
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
      process.off('exit', leaveNothing);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
