import { memoryDevices } from '../devices/memory/memory-store.js';
import type { DeviceStore } from '../devices/store.js';
import { levelDevices } from '../level/level-devices.js';
import { connectRedis } from '../redis/connect-redis.js';
import { redisDevices } from '../redis/devices/redis-devices.js';
import { asciiText } from './ascii.js';
import { UsageError } from './flags.js';
import { loadWithPeers } from './load-with-peers.js';

/** Names the memory of the process. */
export const IN_MEMORY = ':memory:';

/**
 * The store that an option names, not open yet.
 * @param place a folder, the URL of a Redis, or `IN_MEMORY`.
 * @throws UsageError if it is another URL.
 */
export async function deviceStore(option: string, place: string): Promise<DeviceStore> {
  if (place === IN_MEMORY) return memoryDevices();
  if (/^rediss?:\/\//i.test(place)) return redisStore(place);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) throw new UsageError(`${option} takes a folder, or the URL of a Redis`);
  return levelDevices(place, { onError });
}

/** The store that closes its connection, too. */
async function redisStore(url: string): Promise<DeviceStore> {
  const { client, close } = await loadWithPeers('ioredis', () => connectRedis(url, true));
  const store = redisDevices(client, { onError });
  return {
    ...store,
    async close() {
      await store.close();
      close();
    },
  };
}

function onError({ message }: Error): void {
  console.error(asciiText(message));
}
