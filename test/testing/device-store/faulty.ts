import type { DeviceStore, Entered, StoreListener, StoreSettings } from '../../../src/devices/store.js';
import type { Wrap } from './backings.js';

/** What a store was opened with. */
export interface Opened {
  settings: StoreSettings;
  listener: StoreListener;
}

/** A store with some of its functions replaced. */
export function faulty(change: (inner: DeviceStore, node: Opened) => Partial<DeviceStore>): Wrap {
  return (store) => {
    const inner = bound(store);
    const node = {} as Opened;
    return {
      ...inner,
      open(settings, listener) {
        Object.assign(node, { settings, listener });
        return inner.open(settings, listener);
      },
      ...change(inner, node),
    };
  };
}

/** A store that is opened with other settings. */
export const withSettings = (change: (settings: StoreSettings) => Partial<StoreSettings>): Wrap =>
  faulty((inner) => ({
    open: (settings, listener) => inner.open({ ...settings, ...change(settings) }, listener),
  }));

/** A store whose node hears, or answers, something else. */
export const withListener = (
  change: (listener: StoreListener, settings: StoreSettings) => Partial<StoreListener>,
): Wrap =>
  faulty((inner) => ({
    open: (settings, listener) => inner.open(settings, { ...bound(listener), ...change(listener, settings) }),
  }));

/** A store that changes rows before it gives them away. */
export const withRows = (
  change: (row: EnteredRow, inner: DeviceStore) => EnteredRow,
  extra: (inner: DeviceStore) => Partial<DeviceStore> = () => ({}),
): Wrap =>
  faulty((inner) => ({
    async enter(sighting) {
      const entered = await inner.enter(sighting);
      return entered instanceof Object ? { ...entered, row: change(entered.row, inner) } : entered;
    },
    read: async (ids) => (await inner.read(ids)).map((row) => row && change(row, inner)),
    list: async (wallet) => (await inner.list(wallet)).map((row) => change(row, inner)),
    ...extra(inner),
  }));

type EnteredRow = Exclude<Entered, string>['row'];

/** Lets others have their turn: what is not atomic is seen. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An object whose functions work on their own. */
function bound<T extends object>(object: T): T {
  const proxy: Record<string, unknown> = {};
  for (let at: object = object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name === 'constructor' || name in proxy) continue;
      const value: unknown = Reflect.get(object, name);
      proxy[name] = typeof value === 'function' ? (value.bind(object) as unknown) : value;
    }
  return proxy as T;
}
