import type { Meter, MeterProvider } from '@opentelemetry/api';

/** The name of the meter that a provider is asked for. */
const METER = 'grpc-wallet-auth';

/**
 * The meter that a function was given, or that of the provider.
 * @param caller the function's name.
 * @throws TypeError if it is neither.
 */
export function meterOf(source: Meter | MeterProvider, caller: string): Meter {
  if (typeof (source as Partial<MeterProvider> | null)?.getMeter === 'function') {
    return (source as MeterProvider).getMeter(METER);
  }
  if (typeof (source as Partial<Meter> | null)?.createCounter === 'function') return source as Meter;
  throw new TypeError(`${caller} takes a Meter or a MeterProvider`);
}
