import type { DeviceStore } from '../../../devices/store.js';
import { keyMemberOf } from '../facts.js';
import { revokedPages } from '../load.js';
import { walletKeys } from '../run-scripts.js';
import { ERASE, FORGET } from '../scripts/erase.js';
import { endingArgs, type StoreContext } from './store-context.js';

/**
 * The operation that forgets a wallet. Of what is revoked all is read, as the set is not ordered by wallets: it is rare. The log
 * has ids until it is trimmed.
 */
export function eraseOf(context: StoreContext): Pick<DeviceStore, 'erase'> {
  const { run, keys } = context;
  return {
    async erase(wallet) {
      const of = walletKeys(keys, [wallet]);
      const erased = await run(ERASE, [...endingArgs(context), of.numberOf(wallet), wallet], of);
      for await (const { texts } of revokedPages(run, 0)) {
        const own = texts.filter((text) => text.startsWith(`${wallet}/`));
        if (own.length > 0)
          await run(
            FORGET,
            own.flatMap((id) => [id, keyMemberOf(id)]),
          );
      }
      return erased;
    },
  };
}
