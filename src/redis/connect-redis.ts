import type { RedisClient } from './redis-client.js';

/** A connected client and its end. */
export interface RedisConnection {
  readonly client: RedisClient;
  readonly close: () => void;
}

/**
 * Connects by ioredis, which must be installed. A connection that is lost is not made again.
 * @param url such as `redis://127.0.0.1:6379`, `rediss:` for TLS, or the path of a Unix socket.
 * @returns a promise that rejects if there is no connection within five seconds.
 */
export async function connectRedis(url: string): Promise<RedisConnection> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, { lazyConnect: true, connectTimeout: 5_000, retryStrategy: () => null });
  client.on('error', () => undefined); // `connect` rejects with it
  await client.connect();
  return { client, close: () => client.disconnect() };
}
