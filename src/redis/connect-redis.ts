import type { Redis } from 'ioredis';

/** A connected client and its end. */
export interface RedisConnection {
  readonly client: Redis;
  readonly close: () => void;
}

/**
 * Connects by ioredis, which must be installed.
 * @param url such as `redis://127.0.0.1:6379`, `rediss:` for TLS, or the path of a Unix socket.
 * @param reconnects whether a connection that is lost is made again. Default: it is not.
 * @returns a promise that rejects if there is no connection within five seconds.
 */
export async function connectRedis(url: string, reconnects = false): Promise<RedisConnection> {
  const { Redis } = await import('ioredis');
  let hasConnected = false;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => (reconnects && hasConnected ? Math.min(50 * times, 1_000) : null),
  });
  let reason: Error | undefined;
  client.on('error', (error: Error) => (reason = error));
  try {
    await client.connect();
  } catch (error) {
    throw reason ?? error; // which says no more than that it is closed
  }
  hasConnected = true;
  return { client, close: () => client.disconnect() };
}
