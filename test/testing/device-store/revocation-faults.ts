import type { Fact, StoreListener } from '../../../src/devices/store.js';
import type { Wrap } from './backings.js';
import { faulty, turn, withListener } from './faulty.js';

interface Epoch {
  readonly atMs: number;
  readonly survivor: string | undefined;
}

/** A store that merges the times of wallets in its own way, and looks at them in its own way. */
function withEpochs(
  merge: (known: Epoch, next: Epoch) => Epoch,
  covers = (epoch: Epoch, device: Parameters<StoreListener['isRevoked']>[1]) =>
    device.deviceId !== epoch.survivor &&
    !(device.firstSeenMs > epoch.atMs && (device.certifiedAtMs ?? 0) > epoch.atMs),
): Wrap {
  return withListener((listener) => {
    const epochs = new Map<string, Epoch>();
    return {
      revoked(facts) {
        listener.revoked(facts);
        for (const fact of facts) {
          if (!('wallet' in fact)) continue;
          const known = epochs.get(fact.wallet);
          epochs.set(fact.wallet, known ? merge(known, fact) : fact);
        }
      },
      isRevoked(wallet, device) {
        const epoch = epochs.get(wallet);
        return listener.isRevoked('', device) || (epoch !== undefined && covers(epoch, device));
      },
    };
  });
}

const later = (known: Epoch, next: Epoch): Epoch => {
  if (next.atMs !== known.atMs) return next.atMs > known.atMs ? next : known;
  return next.survivor === known.survivor ? known : { ...known, survivor: undefined };
};

/** Faults of what is revoked, by what they are. */
export const revocationFaults = {
  'revoke ends no rows': faulty((_, node) => ({
    async revoke(facts) {
      node.listener.revoked(facts);
      return { changed: true };
    },
  })),
  'revoke knows no keys': faulty((inner) => ({
    revoke: (facts) => inner.revoke(facts.filter((fact) => !('key' in fact))),
  })),
  'revoke takes the first fact alone': faulty((inner) => ({ revoke: (facts) => inner.revoke(facts.slice(0, 1)) })),
  'revoke takes 1,000 facts at most': faulty((inner) => ({ revoke: (facts) => inner.revoke(facts.slice(0, 1_000)) })),
  'revoke refuses devices without a row': faulty((inner) => ({
    async revoke(facts) {
      const known: Fact[] = [];
      for (const fact of facts) if (!('deviceId' in fact) || (await inner.read([fact.deviceId]))[0]) known.push(fact);
      return inner.revoke(known);
    },
  })),
  'revoke is always news': faulty((inner) => ({
    revoke: async (facts) => ({ ...(await inner.revoke(facts)), changed: true }),
  })),
  'revoke is never news': faulty((inner) => ({
    revoke: async (facts) => ({ ...(await inner.revoke(facts)), changed: false }),
  })),
  'enter looks at no revocations': withListener((listener) => {
    let isTelling = false;
    return {
      revoked(facts) {
        isTelling = true;
        listener.revoked(facts);
        queueMicrotask(() => (isTelling = false));
      },
      isRevoked: (wallet, device) => isTelling && listener.isRevoked(wallet, device),
    };
  }),
  'enter looks at revocations before it makes the row': faulty((inner, node) => {
    let isChecked = false;
    return {
      open: (settings, listener) => {
        Object.assign(node, { settings, listener });
        const isRevoked: typeof listener.isRevoked = (...device) => !isChecked && listener.isRevoked(...device);
        return inner.open(
          settings,
          Object.assign(Object.create(listener) as typeof listener, {
            isRevoked,
            revoked: listener.revoked.bind(listener),
          }),
        );
      },
      async enter(sighting) {
        const firstSeenMs = node.settings.nowMs() + 1;
        const { deviceId, certifiedAtMs } = sighting;
        if (node.listener.isRevoked(sighting.wallet, { deviceId, certifiedAtMs, firstSeenMs })) return 'revoked';
        await turn();
        isChecked = true;
        const entered = inner.enter(sighting);
        isChecked = false;
        return entered;
      },
    };
  }),
  'the last time of a wallet counts, not the latest': withEpochs((_, next) => next),
  'of two equally late survivors the first goes on': withEpochs((known, next) =>
    next.atMs > known.atMs ? next : known,
  ),
  'of two equally late survivors the last goes on': withEpochs((known, next) =>
    next.atMs >= known.atMs ? next : known,
  ),
  'of two equally late survivors one is better than none': withEpochs((known, next) =>
    known.survivor === undefined && next.atMs === known.atMs ? next : later(known, next),
  ),
  'no survivor is spared': withEpochs(
    (known, next) => later({ ...known, survivor: undefined }, { ...next, survivor: undefined }),
    (epoch, device) => !(device.firstSeenMs > epoch.atMs && (device.certifiedAtMs ?? 0) > epoch.atMs),
  ),
  'old certificates are good again': withEpochs(
    later,
    (epoch, device) => device.deviceId !== epoch.survivor && device.firstSeenMs <= epoch.atMs,
  ),
  'a revoked wallet has no devices any more': withEpochs(later, (epoch, device) => device.deviceId !== epoch.survivor),
  'certificates that are dated later come back': withListener((listener) => ({
    revoked(facts) {
      const isOfWallet = facts.length === 1 && 'deviceId' in (facts[0] as Fact);
      if (!isOfWallet || !isInWallet) listener.revoked(facts);
      isInWallet = facts.some((fact) => 'wallet' in fact);
      queueMicrotask(() => (isInWallet = false));
    },
  })),
  'every fact of a wallet revokes all of its devices by id': faulty((inner) => ({
    async revoke(facts) {
      const answer = await inner.revoke(facts);
      for (const fact of facts)
        if ('wallet' in fact)
          await inner.revoke((await inner.list(fact.wallet)).filter(({ deviceId }) => deviceId !== fact.survivor));
      return answer;
    },
  })),
  'revokeWallet chooses the time of its clock': faulty((inner, node) => ({
    revokeWallet: (wallet, survivor) => inner.revoke([{ wallet, atMs: node.settings.nowMs(), survivor }]),
  })),
  'revokeWallet ignores the survivor': faulty((inner) => ({
    revokeWallet: (wallet) => inner.revokeWallet(wallet, undefined),
  })),
  'revokeWallet takes the wallets of all rows': faulty((inner) => {
    const wallets = new Set<string>();
    return {
      enter: (sighting) => {
        wallets.add(sighting.wallet);
        return inner.enter(sighting);
      },
      async revokeWallet(wallet, survivor) {
        for (const each of wallets) if (each !== wallet) await inner.revokeWallet(each, undefined);
        return inner.revokeWallet(wallet, survivor);
      },
    };
  }),
  'revokeWallet names a survivor that is revoked': faulty((inner, node) => {
    let lastMs = -Infinity;
    return {
      async revokeWallet(wallet, survivor) {
        const rows = await inner.list(wallet);
        lastMs = Math.max(node.settings.nowMs(), lastMs + 1, ...rows.map((row) => row.firstSeenMs));
        return inner.revoke([{ wallet, atMs: lastMs, survivor }]);
      },
    };
  }),
} satisfies Record<string, Wrap>;

let isInWallet = false;
