import type { DeviceStore } from '../../../devices/store.js';
import { numberText } from '../rows.js';
import { walletKeysOf } from '../run-scripts.js';
import { PURGE, PURGEABLE, REMOVE } from '../scripts/endings.js';
import { endingArgs, type StoreContext } from './store-context.js';

/** Rows that one script ends. */
const PORTION = 200;

/** Operations that end rows for other reasons than a revocation. */
export function endingsOf(context: StoreContext): Pick<DeviceStore, 'remove' | 'purge'> {
  const { run, keys } = context;
  return {
    async remove(deviceId) {
      const [wasThere] = await run(REMOVE, [...endingArgs(context), 1, deviceId], walletKeysOf(keys, [deviceId]));
      return wasThere === '1';
    },
    async purge(most) {
      const { unconfirmedMs, idleMs } = context.settings;
      const purged: string[] = [];
      while (purged.length < most) {
        const size = Math.min(PORTION, most - purged.length);
        const found = await run(PURGEABLE, [size, unconfirmedMs, idleMs]);
        const gone = found.length === 0 ? [] : await purgeThese(context, found, unconfirmedMs, idleMs);
        purged.push(...gone);
        if (gone.length < size) break; // no more, or others purge them
      }
      return purged;
    },
  };
}

/** Ends the row of an unconfirmed device if its token has ended still. */
export async function evict(context: StoreContext, deviceId: string): Promise<void> {
  await purgeThese(context, [deviceId], 0, undefined);
}

function purgeThese(
  context: StoreContext,
  ids: readonly string[],
  unconfirmedMs: number,
  idleMs: number | undefined,
): Promise<string[]> {
  const of = walletKeysOf(context.keys, ids);
  const devices = ids.flatMap((id) => [of.numberOfId(id), id]);
  return context.run(PURGE, [...endingArgs(context), unconfirmedMs, numberText(idleMs), ...devices], of);
}
