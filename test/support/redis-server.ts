import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
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
  /** Its port on loopback; 0 if it listens on the socket alone. */
  readonly port: number;
  /** Kills it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same socket and port, with what its append-only file has: empty if it has none. */
  start(): Promise<void>;
  /** Stops its process where it is, with its connections open. */
  pause(): void;
  resume(): void;
}

/** How a server runs. */
export interface RedisServerOptions {
  /** Whether it listens on a free port of loopback, too. */
  readonly tcp?: boolean;
  /** Whether it keeps an append-only file, written at every command. */
  readonly appendOnly?: boolean;
  /** More of the command line, made when it starts. */
  readonly flags?: (port: number) => readonly string[];
  /** What it prints when it is up. */
  readonly readyWhen?: RegExp;
}

/** A port that nobody listens on, low enough for a cluster's second port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = 20_000 + ((server.address() as AddressInfo).port % 30_000);
    server.close();
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const works = await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]);
  server.close();
  return works;
}

/** A server and its folder, not started yet. `end` kills it and takes the folder away. */
export async function makeRedis(options: RedisServerOptions = {}): Promise<RedisServer & { end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = options.tcp === true ? await freePort() : 0;
  const socket = join(folder, 'socket');
  const readyWhen = options.readyWhen ?? /ready to accept connections/i;
  let child: ChildProcess | undefined;
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const server = {
    socket,
    port,
    async start() {
      const durable = options.appendOnly === true ? ['yes', '--appendfsync', 'always'] : ['no'];
      const place = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socket, '--dir', folder];
      const flags = [...(options.flags?.(port) ?? []), ...place, '--save', '', '--appendonly', ...durable];
      child = spawn(executable, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      for await (const chunk of child.stdout ?? []) if (readyWhen.test((said += String(chunk)))) break;
      if (!readyWhen.test(said)) throw new Error(`Redis did not start: ${said}`);
      child.stdout?.resume();
    },
    async kill() {
      if (!isRunning()) return;
      child?.kill('SIGKILL');
      await once(child as ChildProcess, 'exit');
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async end() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return server;
}

/** The server of one test file: started before its tests, gone after them. */
export function redisServer(options: RedisServerOptions = {}): RedisServer {
  let server: Awaited<ReturnType<typeof makeRedis>> | undefined;
  const started = () => {
    if (server === undefined) throw new Error('the server is not started yet');
    return server;
  };
  beforeAll(async () => {
    if (redisIsMissing) return;
    server = await makeRedis(options);
    await server.start();
  });
  afterAll(() => server?.end());
  return {
    get socket() {
      return started().socket;
    },
    get port() {
      return started().port;
    },
    kill: () => started().kill(),
    start: () => started().start(),
    pause: () => started().pause(),
    resume: () => started().resume(),
  };
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
export const redisClients = {
  async ioredis({ socket }: RedisServer) {
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
      command: (name = '', ...args: string[]) => client.call(name, ...args),
      close: () => client.disconnect(),
    };
  },
  async redis({ socket }: RedisServer) {
    const client = createClient({ socket: { path: socket, reconnectStrategy: 20 }, disableOfflineQueue: true });
    client.on('error', () => undefined);
    await client.connect();
    return {
      client,
      command: (...command: string[]) => client.sendCommand(command),
      close: () => client.destroy(),
    };
  },
} satisfies Record<'ioredis' | 'redis', (server: RedisServer) => Promise<ConnectedClient>>;
