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
 * Makes OpenTelemetry metrics of a device registry; once for each registry of a meter. The only attribute is the name of an
 * event, so the number of series is bounded.
 *
 * - `wallet_auth.devices.records`, `.streams`, `.revocations`, `.revoked_wallets`: gauges
 * - `wallet_auth.devices.hard_closes`, `.listener_errors`: counters
 * - `wallet_auth.devices.events`, counter: `event`
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
  const undo = EVENTS.map((event) => devices.on(event, () => events.add(1, { event })));
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
