import type { Claim, DeviceStore } from '../../../devices/store.js';
import { groupsOf } from '../answers.js';
import { walletOfId } from '../rows.js';
import { freshToken, walletKeysOf } from '../run-scripts.js';
import { CLAIM, CLAIMABLE, DEFER, FINISH } from '../scripts/clean-ups.js';
import type { StoreContext } from './store-context.js';

/** Claims of one script. */
const PORTION = 200;
/** How often it is looked again for what others did not claim meanwhile. */
const ROUNDS = 20;

/** Operations on rows that have ended and wait for their clean-up. */
export function cleanUpsOf({ run, keys }: StoreContext): Pick<DeviceStore, 'claim' | 'defer' | 'finish'> {
  async function claimThese(ids: readonly string[], leaseMs: number): Promise<Claim[]> {
    const of = walletKeysOf(keys, ids);
    const token = freshToken();
    const devices = ids.flatMap((id) => [of.numberOfId(id), id]);
    const claimed = await run(CLAIM, [token, leaseMs, ...devices], of);
    return groupsOf(claimed, 4).map((values) => claimOf(values, token));
  }

  return {
    async claim(most, leaseMs) {
      const claims = new Map<string, Claim>();
      for (let rounds = 0; rounds < ROUNDS && claims.size < most; rounds++) {
        const ids = await run(CLAIMABLE, [Math.min(PORTION, most - claims.size)]);
        const others = ids.filter((id) => !claims.has(id)); // a lease of no time is over at once
        if (others.length === 0) break;
        for (const claim of await claimThese(others, leaseMs)) claims.set(claim.deviceId, claim);
      }
      return [...claims.values()];
    },
    async defer(claim, delayMs) {
      const [isGood] = await run(DEFER, [...claimArgs(claim), delayMs], walletKeysOf(keys, [claim.deviceId]));
      return isGood === '1';
    },
    async finish(claim) {
      const [isGood] = await run(FINISH, claimArgs(claim), walletKeysOf(keys, [claim.deviceId]));
      return isGood === '1';
    },
  };
}

const claimArgs = ({ deviceId, token }: Claim) => [1, deviceId, token];

function claimOf([deviceId = '', incarnation, cause, attempt]: readonly string[], token: string): Claim {
  return {
    deviceId,
    wallet: walletOfId(deviceId),
    incarnation: Number(incarnation),
    cause: cause === 'revoked' ? 'revoked' : 'purged',
    attempt: Number(attempt),
    token,
  };
}
