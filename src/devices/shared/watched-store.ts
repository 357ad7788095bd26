import type { Timers } from '../../options.js';
import type { DeviceStore } from '../store.js';

/** What a store was asked, how long it took in milliseconds, and what it rejected with, if it did. */
export interface StoreCall {
  readonly operation: StoreOperation;
  readonly durationMs: number;
  readonly error?: unknown;
}

/** What a store is asked. */
export type StoreOperation = Exclude<keyof DeviceStore, 'isShared' | 'open' | 'close'>;

const OPERATIONS = Object.keys({
  enter: 1,
  renew: 1,
  read: 1,
  list: 1,
  revoke: 1,
  revokeWallet: 1,
  restore: 1,
  edit: 1,
  remove: 1,
  erase: 1,
  purge: 1,
  claim: 1,
  defer: 1,
  finish: 1,
  backlog: 1,
  agree: 1,
} satisfies Record<StoreOperation, 1>) as StoreOperation[];

/**
 * A store that reports how it answers. What it throws instead of rejecting is a rejection.
 * @param report called after each answer.
 */
export function watchedStore(store: DeviceStore, timers: Timers, report: (call: StoreCall) => void): DeviceStore {
  const watched: Record<string, unknown> = {
    isShared: store.isShared === true,
    open: store.open.bind(store),
    close: store.close.bind(store),
  };
  for (const operation of OPERATIONS) {
    const ask = store[operation] as ((...facts: never[]) => Promise<unknown>) | undefined;
    if (ask === undefined) continue; // `agree` need not be there
    watched[operation] = async (...facts: never[]) => {
      const startMs = timers.monotonicMs();
      const durationMs = () => timers.monotonicMs() - startMs;
      try {
        const answer = await Reflect.apply(ask, store, facts);
        report({ operation, durationMs: durationMs() });
        return answer;
      } catch (error) {
        report({ operation, durationMs: durationMs(), error });
        throw error;
      }
    };
  }
  return watched as unknown as DeviceStore;
}
