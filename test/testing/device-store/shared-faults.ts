import { memoryDevices } from '../../../src/devices/memory/memory-store.js';
import type { Wrap } from './backings.js';
import { cleanUpFaults } from './clean-up-faults.js';
import { faulty, withListener } from './faulty.js';
import { revocationFaults } from './revocation-faults.js';
import { rowFaults } from './row-faults.js';

/** Devices that were revoked by id, in whatever backing. */
const revokedIds = new Set<string>();

/** Faults of what nodes share, by what they are. */
export const sharedFaults = {
  'two nodes: enter looks for a row before it makes one': rowFaults['enter looks for a row before it makes one'],
  'two nodes: devices are counted before the row is made': rowFaults['devices are counted before the row is made'],
  'two nodes: revoke ends no rows': revocationFaults['revoke ends no rows'],
  'two nodes: revoke knows no keys': revocationFaults['revoke knows no keys'],
  'two nodes: revoke is always news': revocationFaults['revoke is always news'],
  'two nodes: revokeWallet chooses the time of its clock':
    revocationFaults['revokeWallet chooses the time of its clock'],
  'two nodes: claims hold for no time': cleanUpFaults['claims hold for no time'],
  'two nodes: claims hold for ever': cleanUpFaults['claims hold for ever'],
  'two nodes: a lost claim is as good as any': cleanUpFaults['a lost claim is as good as any'],
  'nodes that open are told all ids that were ever revoked': faulty((inner) => ({
    async open(settings, listener) {
      await inner.open(settings, listener);
      listener.revoked([...revokedIds].map((deviceId) => ({ deviceId })));
    },
    revoke(facts) {
      for (const fact of facts) if ('deviceId' in fact) revokedIds.add(fact.deviceId);
      return inner.revoke(facts);
    },
  })),
  'nodes share nothing': () => Object.assign(memoryDevices(), { isShared: true }),
  'it does not say that nodes share it': (store) => ({ ...store, isShared: false }),
  'nodes that are open hear of no revocation': faulty((inner) => {
    let isOpen = false;
    return {
      async open(settings, listener) {
        const revoked: typeof listener.revoked = (facts) => void (isOpen || listener.revoked(facts));
        await inner.open(settings, Object.assign(Object.create(listener) as typeof listener, { revoked }));
        isOpen = true;
      },
    };
  }),
  'a node that opens is not told what is revoked': faulty((inner) => {
    let isOpen = false;
    return {
      async open(settings, listener) {
        const revoked: typeof listener.revoked = (facts) => void (isOpen && listener.revoked(facts));
        await inner.open(settings, Object.assign(Object.create(listener) as typeof listener, { revoked }));
        isOpen = true;
      },
    };
  }),
  'enter asks what its node has heard, which is late': faulty((inner, node) => ({
    async open(settings, listener) {
      let isOpen = false;
      const revoked: typeof listener.revoked = (facts) => {
        if (isOpen) setTimeout(() => listener.revoked(facts), 20);
        else listener.revoked(facts);
      };
      Object.assign(node, { settings, listener });
      await inner.open(settings, Object.assign(Object.create(listener) as typeof listener, { revoked }));
      isOpen = true;
    },
    async enter(sighting) {
      const entered = await inner.enter(sighting);
      if (entered !== 'revoked') return entered;
      const { issuedAtMs: firstIssuedMs, ...facts } = sighting;
      const times = { firstSeenMs: firstIssuedMs, seenMs: firstIssuedMs };
      const row = { ...facts, ...times, firstIssuedMs, isConfirmed: false, label: '' };
      return node.listener.isRevoked(sighting.wallet, row) ? 'revoked' : { row, isNew: false };
    },
  })),
  'purges are not told': withListener(() => ({ purged() {} })),
  'nodes never hear that they are fresh': withListener(() => ({ fresh() {} })),
  'fresh is told without the backlog': withListener((listener) => ({
    fresh: ({ agoMs }) => listener.fresh({ agoMs, backlog: { pending: 0, oldestMs: 0 } }),
  })),
  'fresh is told by the clock of the node': withListener((listener, { nowMs }) => ({
    fresh: ({ backlog }) => listener.fresh({ agoMs: nowMs(), backlog }),
  })),
  'a loss is not told': withListener(() => ({ lost() {} })),
  'after a loss nodes are not fresh again': withListener((listener) => {
    let isLost = false;
    return {
      lost() {
        isLost = true;
        listener.lost();
      },
      fresh: (state) => void (isLost || listener.fresh(state)),
    };
  }),
  'restore does nothing': faulty(() => ({ restore: async () => undefined })),
  'facts that were put back are not told': withListener((listener) => {
    let isLost = false;
    return {
      lost() {
        isLost = true;
        listener.lost();
      },
      revoked: (facts) => void (isLost || listener.revoked(facts)),
      isRevoked: listener.isRevoked.bind(listener),
    };
  }),
  'a node without clean-up takes rows away': faulty((inner, node) => {
    const drop = async <T>(answer: T): Promise<T> => {
      if (!node.settings.cleansUp) for (const claim of await inner.claim(Infinity, 0)) await inner.finish(claim);
      return answer;
    };
    return {
      remove: async (id) => drop(await inner.remove(id)),
      revoke: async (facts) => drop(await inner.revoke(facts)),
      purge: async (most) => drop(await inner.purge(most)),
    };
  }),
  'seenMs is by the clock of the node': faulty((inner, node) => ({
    async read(ids) {
      return (await inner.read(ids)).map((row) => row && { ...row, seenMs: node.settings.nowMs() });
    },
  })),
  'rows are purged by the clock of the node': faulty((inner, node) => ({
    async purge(most) {
      const ids = [...seen].slice(0, most);
      const rows = (await inner.read(ids)).filter(
        (row) => row && row.expiresAtMs + node.settings.idleMs < node.settings.nowMs(),
      );
      for (const row of rows) if (row) await inner.remove(row.deviceId);
      return rows.flatMap((row) => row?.deviceId ?? []);
    },
    enter(sighting) {
      seen.add(sighting.deviceId);
      return inner.enter(sighting);
    },
  })),
  'leases last by the clock of the node': faulty((inner, node) => {
    let storeMs = 0;
    return {
      async enter(sighting) {
        const entered = await inner.enter(sighting);
        if (entered instanceof Object) storeMs = entered.row.seenMs;
        return entered;
      },
      claim: (most, leaseMs) => inner.claim(most, leaseMs + node.settings.nowMs() - storeMs),
    };
  }),
  'agree answers nothing': faulty(() => ({ agree: async () => undefined })),
  'agree answers what it is told': faulty(() => ({ agree: async (maxAgeMs) => maxAgeMs })),
  'the last node that closes takes the data along': faulty((inner, node) => ({
    async close() {
      for (const wallet of [...seen].map((id) => id.slice(0, 42)))
        for (const { deviceId } of await inner.list(wallet)) await inner.remove(deviceId);
      await inner.close();
    },
    enter(sighting) {
      seen.add(sighting.deviceId);
      return inner.enter(sighting);
    },
    open(settings, listener) {
      Object.assign(node, { settings, listener });
      return inner.open(settings, listener);
    },
  })),
} satisfies Record<string, Wrap>;

const seen = new Set<string>();
