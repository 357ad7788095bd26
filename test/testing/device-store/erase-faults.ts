import type { Wrap } from './backings.js';
import { faulty } from './faulty.js';

/** Faults of erase, by what they are. */
export const eraseFaults = {
  'erase ends nothing': faulty((inner) => ({
    erase: async (wallet) => (await inner.list(wallet)).map(({ deviceId }) => deviceId),
  })),
  'erase revokes the wallet': faulty((inner) => ({
    async erase(wallet) {
      const ids = (await inner.list(wallet)).map(({ deviceId }) => deviceId);
      await inner.revokeWallet(wallet, undefined);
      return ids;
    },
  })),
  'erase waits for no clean-up': faulty((inner) => ({
    async erase(wallet) {
      const erased = await inner.erase(wallet);
      for (const claim of await inner.claim(100, 60_000)) await inner.finish(claim);
      return erased;
    },
  })),
} satisfies Readonly<Record<string, Wrap>>;
