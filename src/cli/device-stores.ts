import { memoryDevices } from '../devices/memory-store.js';
import type { DeviceStore } from '../devices/store.js';
import { levelDevices } from '../level/level-devices.js';
import { asciiText } from './ascii.js';
import { UsageError } from './flags.js';

/** Names the memory of the process. */
export const IN_MEMORY = ':memory:';

/**
 * The store that an option names, not open yet.
 * @param place a folder, or `IN_MEMORY`.
 * @throws UsageError if it is a URL.
 */
export async function deviceStore(option: string, place: string): Promise<DeviceStore> {
  if (place === IN_MEMORY) return memoryDevices();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) throw new UsageError(`${option} takes a folder`);
  return levelDevices(place, { onError: ({ message }) => console.error(asciiText(message)) });
}
