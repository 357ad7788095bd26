import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll } from 'vitest';

import type { RedisClient } from '../../src/redis/redis-client.js';

const executable = process.env['REDIS_SERVER'] ?? 'redis-server';

/** Whether there is no Redis to test with. */
export const redisIsMissing = spawnSync(executable, ['--version']).status !== 0;

/** What the title of a skipped test says. */
export const redisNote = redisIsMissing ? ` (there is no ${executable}; name one in REDIS_SERVER)` : '';

/** A real Redis on a socket in a folder of its own; nothing that it holds outlives it. */
export interface RedisServer {
  readonly socket: string;
  /** Kills it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same socket, empty. */
  start(): Promise<void>;
}

/** The server of one test file: started before its tests, gone after them. */
export function redisServer(): RedisServer {
  let folder = '';
  let child: ChildProcess | undefined;
  const server = {
    get socket() {
      return join(folder, 'socket');
    },
    async start() {
      const flags = ['--port', '0', '--unixsocket', server.socket, '--save', '', '--appendonly', 'no', '--dir', folder];
      child = spawn(executable, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
      for await (const chunk of child.stdout ?? []) if (/ready to accept connections/i.test(String(chunk))) break;
      child.stdout?.resume();
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
  beforeAll(async () => {
    if (redisIsMissing) return;
    folder = mkdtempSync(join(tmpdir(), 'redis-'));
    await server.start();
  });
  afterAll(async () => {
    await server.kill();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  return server;
}

/** Sends a command and gives Redis's answer. */
export type Command = (...command: string[]) => Promise<unknown>;

/** A connected client, a way to send commands by it, and its end. */
export interface ConnectedClient {
  readonly client: RedisClient;
  readonly command: Command;
  readonly close: () => void;
}

/** The clients that must work. They fail fast, as `redisLimits` asks for; they connect again sooner than their defaults do. */
export const redisClients: Record<'ioredis' | 'redis', (server: RedisServer) => Promise<ConnectedClient>> = {
  async ioredis({ socket }) {
    const client = new Redis({
      path: socket,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 20,
    });
    client.on('error', () => undefined);
    await once(client, 'ready');
    return {
      client,
      command: (name = '', ...args) => client.call(name, ...args),
      close: () => client.disconnect(),
    };
  },
  async redis({ socket }) {
    const client = createClient({ socket: { path: socket, reconnectStrategy: 20 }, disableOfflineQueue: true });
    client.on('error', () => undefined);
    await client.connect();
    return {
      client,
      command: (...command) => client.sendCommand(command),
      close: () => client.destroy(),
    };
  },
};
