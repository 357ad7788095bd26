import { quietly } from '../../options.js';
import { withTimeLimit } from '../../time-limit.js';
import { isIoredis, sendBy, type AnyClient, type DevicesClient } from './devices-client.js';

/** A connection that may wait for an answer, so that nothing else can use it. */
export interface Reader {
  /** Rejects when the connection is lost. It is not made again then. */
  read(firstKey: string, command: readonly string[]): Promise<unknown>;
  close(): void;
}

/**
 * What the copy must not have of its original: limits shorter than the waiting, and attempts to connect again, which are made
 * here with a new copy. Clients of `redis` take no part of this: the time limit of each answer does it.
 */
const WAITS = { lazyConnect: true, commandTimeout: undefined, socketTimeout: undefined, retryStrategy: null };

/**
 * Makes a connection of its own by a copy of the client.
 * @param limitMs how long that may take, in milliseconds.
 * @returns a promise that rejects, with nothing left open, if there is no connection by then.
 */
export async function connectReader(client: DevicesClient, limitMs: number): Promise<Reader> {
  const copy = copyOf(client as AnyClient);
  // without a listener, a lost connection ends the process; whoever reads hears of it
  copy.on?.('error', () => undefined);
  const close = () => quietly(() => (isIoredis(copy) ? copy.disconnect?.() : copy.destroy?.()));
  try {
    letExit(copy);
    const isConnected = Promise.resolve(copy.connect?.());
    await withTimeLimit(isConnected, limitMs, () => new Error(`no connection within ${limitMs} ms`));
    letExit(copy);
  } catch (error) {
    close();
    throw error;
  }
  return { read: sendBy(copy), close };
}

function copyOf(client: AnyClient): AnyClient {
  if (!isIoredis(client)) return client.duplicate?.() as AnyClient;
  if (client.isCluster !== true) return client.duplicate?.(WAITS) as AnyClient;
  const { lazyConnect, retryStrategy, ...redisOptions } = WAITS;
  return client.duplicate?.([], { lazyConnect, clusterRetryStrategy: retryStrategy, redisOptions }) as AnyClient;
}

/** Lets the process end while the connection waits. A client of `redis` that asks Sentinel has no way to. */
function letExit(copy: AnyClient): void {
  const nodes = [
    ...(copy.nodes?.() ?? []),
    ...(copy.masters ?? []).map(({ client }) => client as AnyClient | undefined),
  ];
  for (const client of [copy, ...nodes]) {
    quietly(() => client?.stream?.unref?.());
    quietly(() => client?.unref?.());
  }
}
