import { metrics, type Meter, type MeterProvider } from '@opentelemetry/api';

import type { DeviceEvents, DeviceHealth, DeviceRegistry } from '../devices/device-registry.js';
import { meterOf } from './meter-of.js';

/** What `deviceMetrics` reads of a registry. */
export type WatchedDevices = Pick<DeviceRegistry, 'health' | 'on'>;

/** The events that are counted: all of them. */
const EVENTS = Object.keys({
  'first-seen': 1,
  renewed: 1,
  lapsed: 1,
  returned: 1,
  revoked: 1,
  purged: 1,
  'without-row': 1,
  'wallet-revoked': 1,
  provisional: 1,
  stale: 1,
  fresh: 1,
} satisfies Record<Exclude<keyof DeviceEvents, 'store-call'>, 1>) as Exclude<keyof DeviceEvents, 'store-call'>[];

/** What is shown of `health`: how, under which name, in which unit. */
const SHOWN = [
  ['createObservableGauge', 'records', 'records', '{device}', 'Devices with a record on this node'],
  ['createObservableGauge', 'streams', 'streams', '{stream}', 'Open streams on leases'],
  ['createObservableGauge', 'revocations', 'revocations', '{device}', 'Devices revoked by id'],
  [
    'createObservableGauge',
    'revokedWallets',
    'revoked_wallets',
    '{wallet}',
    'Wallets whose earlier devices are revoked',
  ],
  ['createObservableGauge', 'staleMs', 'staleness', 'ms', 'Age of what this node knows to be revoked'],
  ['createObservableGauge', 'behind', 'behind', '{fact}', 'What the store has and this node has not heard yet'],
  [
    'createObservableGauge',
    'unacknowledged',
    'unacknowledged',
    '{fact}',
    'Revocations that the store has not acknowledged',
  ],
  [
    'createObservableGauge',
    'pendingCleanUps',
    'pending_clean_ups',
    '{device}',
    'Devices whose state is not cleaned up yet',
  ],
  ['createObservableGauge', 'oldestCleanUpMs', 'oldest_clean_up', 'ms', 'How long the oldest of them has been waiting'],
  ['createObservableCounter', 'reloads', 'reloads', '{reload}', 'Times that the store was read again'],
  ['createObservableCounter', 'putBacks', 'put_backs', '{fact}', 'Revocations put back into a store that lost them'],
  [
    'createObservableCounter',
    'provisional',
    'provisional',
    '{device}',
    'Devices admitted while the store did not answer',
  ],
  [
    'createObservableCounter',
    'hardCloses',
    'hard_closes',
    '{stream}',
    'Streams closed hard, as their callers read nothing',
  ],
  [
    'createObservableCounter',
    'listenerErrors',
    'listener_errors',
    '{error}',
    'Errors thrown by listeners of the registry',
  ],
] as const satisfies readonly (readonly [keyof Meter, keyof DeviceHealth, ...string[]])[];

const PREFIX = 'wallet_auth.devices';

/**
 * Makes OpenTelemetry metrics of a device registry; once for each registry of a meter. The only attributes are the name of an
 * event and what the store was asked, so the number of series is bounded.
 *
 * - `wallet_auth.devices.records`, `.streams`, `.revocations`, `.revoked_wallets`: gauges
 * - `wallet_auth.devices.staleness`, `.behind`, `.unacknowledged`, `.pending_clean_ups`, `.oldest_clean_up`: gauges, of a store
 *   that nodes share and of clean-ups
 * - `wallet_auth.devices.reloads`, `.put_backs`, `.provisional`, `.hard_closes`, `.listener_errors`: counters
 * - `wallet_auth.devices.events`, counter: `event`
 * - `wallet_auth.devices.first_sight`, histogram in milliseconds: how long the store took to enter a device
 * - `wallet_auth.devices.store_errors`, counter: `operation`
 *
 * @param source a meter, or a meter provider. Default: the global provider at the time of this call; if none is registered
 * by then, nothing is recorded.
 * @returns a function that ends it.
 * @throws TypeError if the source is neither, or there is no registry.
 * @example
 * import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
 * import { deviceMetrics } from 'grpc-wallet-auth/otel';
 *
 * const devices = await createDeviceRegistry();
 * deviceMetrics(devices);
 */
export function deviceMetrics(
  devices: WatchedDevices,
  source: Meter | MeterProvider = metrics.getMeterProvider(),
): () => void {
  if (typeof devices?.health !== 'function' || typeof devices.on !== 'function')
    throw new TypeError('deviceMetrics takes a device registry');
  const meter = meterOf(source, 'deviceMetrics');
  const events = meter.createCounter(`${PREFIX}.events`, { description: 'Events of devices', unit: '{event}' });
  const firstSight = meter.createHistogram(`${PREFIX}.first_sight`, {
    description: 'How long the store took to enter a device',
    unit: 'ms',
    advice: { explicitBucketBoundaries: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] },
  });
  const storeErrors = meter.createCounter(`${PREFIX}.store_errors`, {
    description: 'Questions that the store did not answer',
    unit: '{error}',
  });
  const undo = EVENTS.map((event) => devices.on(event, () => events.add(1, { event })));
  undo.push(
    devices.on('store-call', ({ operation, durationMs, error }) => {
      if (error !== undefined) storeErrors.add(1, { operation });
      else if (operation === 'enter') firstSight.record(durationMs);
    }),
  );
  const shown = SHOWN.map(([create, field, name, unit, description]) => ({
    field,
    metric: meter[create](`${PREFIX}.${name}`, { description, unit }),
  }));
  const observables = shown.map(({ metric }) => metric);
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const health = devices.health();
    for (const { field, metric } of shown) result.observe(metric, health[field]);
  };
  meter.addBatchObservableCallback(observe, observables);
  return () => {
    for (const each of undo) each();
    meter.removeBatchObservableCallback(observe, observables);
  };
}
