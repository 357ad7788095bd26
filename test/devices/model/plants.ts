import type { Claim, DeviceRow, DeviceStore, Entered, StoreListener } from '../../../src/devices/store.js';

/** A fault that is planted, to see whether the model finds it. */
export interface Plant {
  readonly name: string;
  /** With which seed it is found soon. */
  readonly seed: number;
  /** Changes how a node sees the store. */
  node?(store: DeviceStore, number: number): DeviceStore;
  /** Changes what keeps the store's data. */
  data?(store: DeviceStore): DeviceStore;
}

export const NO_PLANT: Plant = { name: 'nothing', seed: 0 };

/** The same store, but for some operations. */
function changed(store: DeviceStore, changes: Partial<DeviceStore>): DeviceStore {
  return new Proxy(store, {
    get(target, name) {
      const own: unknown = Reflect.get(changes, name);
      if (own !== undefined) return own;
      const part: unknown = Reflect.get(target, name);
      return typeof part === 'function' ? part.bind(target) : part;
    },
  });
}

/** A node that does not hear something, or hears it otherwise. */
function deaf(store: DeviceStore, changes: (listener: StoreListener) => Partial<StoreListener>): DeviceStore {
  return changed(store, {
    open: (settings, listener) =>
      store.open(settings, {
        revoked: (facts) => listener.revoked(facts),
        purged: (ids) => listener.purged(ids),
        fresh: (state) => listener.fresh(state),
        behind: (facts) => listener.behind(facts),
        missed: () => listener.missed(),
        lost: () => listener.lost(),
        isRevoked: (wallet, device) => listener.isRevoked(wallet, device),
        ...changes(listener),
      }),
  });
}

const NOTHING = () => undefined;
const isRow = (entered: Entered): entered is { row: DeviceRow; isNew: boolean } => typeof entered === 'object';

/** Faults that the model has to find. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'a node does not hear that the store has lost what it had',
    seed: 1,
    node: (store) => deaf(store, () => ({ lost: NOTHING })),
  },
  {
    name: 'what is lost is not put back',
    seed: 5,
    node: (store) =>
      changed(store, {
        restore: async () => undefined,
        revoke: (facts) =>
          facts.some((fact) => 'key' in fact) ? Promise.resolve({ changed: false }) : store.revoke(facts),
      }),
  },
  {
    name: 'a revocation that the store did not acknowledge counts as acknowledged',
    seed: 2,
    node: (store) => changed(store, { revoke: (facts) => store.revoke(facts).catch(() => ({ changed: true })) }),
  },
  {
    name: 'a node does not hear of revocations by id',
    seed: 1,
    node: (store, number) =>
      number === 1
        ? deaf(store, (listener) => ({
            revoked: (facts) => listener.revoked(facts.filter((fact) => !('deviceId' in fact))),
          }))
        : store,
  },
  {
    name: 'a node does not hear of wallets that are revoked',
    seed: 1,
    node: (store) =>
      deaf(store, (listener) => ({
        revoked: (facts) => listener.revoked(facts.filter((fact) => !('wallet' in fact))),
      })),
  },
  {
    name: 'entering does not look at what is revoked',
    seed: 2,
    data: (store) =>
      changed(store, {
        open: (settings, listener) => store.open(settings, { ...listener, isRevoked: () => false }),
      }),
  },
  {
    name: 'a node does not hear of purges',
    seed: 1,
    node: (store) => deaf(store, () => ({ purged: NOTHING })),
  },
  {
    name: 'a gap in the log is not noticed',
    seed: 6,
    node: (store) => deaf(store, () => ({ missed: NOTHING })),
  },
  {
    name: 'clean-ups are claimed without a lease',
    seed: 1,
    data: (store) => changed(store, { claim: (most) => store.claim(most, 0) }),
  },
  {
    name: 'the lease of a clean-up is not renewed',
    seed: 2,
    node: (store) =>
      changed(store, {
        defer: (claim: Claim, delayMs) => (delayMs === 60_000 ? Promise.resolve(true) : store.defer(claim, delayMs)),
      }),
  },
  {
    name: 'a clean-up that fails is finished',
    seed: 4,
    node: (store) =>
      changed(store, {
        defer: (claim: Claim, delayMs) => (delayMs === 60_000 ? store.defer(claim, delayMs) : store.finish(claim)),
      }),
  },
  {
    name: 'a device that was removed does not wait for its clean-up',
    seed: 1,
    data: (store) =>
      changed(store, {
        async enter(sighting) {
          const entered = await store.enter(sighting);
          if (entered !== 'cleaning') return entered;
          for (const claim of await store.claim(100, 0)) await store.finish(claim);
          return store.enter(sighting);
        },
      }),
  },
  {
    name: 'every device is new on every node',
    seed: 1,
    node: (store) =>
      changed(store, {
        async enter(sighting) {
          const entered = await store.enter(sighting);
          return isRow(entered) ? { ...entered, isNew: true } : entered;
        },
      }),
  },
  {
    name: 'renewals are dropped',
    seed: 21,
    node: (store) => changed(store, { renew: async () => undefined }),
  },
  {
    name: 'the store has an older end of a token',
    seed: 13,
    node: (store) =>
      changed(store, {
        async read(ids) {
          const rows = await store.read(ids);
          return rows.map((row) => row && { ...row, expiresAtMs: row.firstIssuedMs });
        },
      }),
  },
  {
    name: 'rows are read as if they were gone',
    seed: 1,
    node: (store) => changed(store, { read: async (ids) => ids.map(NOTHING) }),
  },
  {
    name: 'the next row of a device is not later than its last',
    seed: 1,
    data: (store) =>
      changed(store, { read: async (ids) => (await store.read(ids)).map((row) => row && { ...row, firstSeenMs: 1 }) }),
  },
];
