import { metrics, type Attributes, type Meter, type MeterProvider } from '@opentelemetry/api';

import type { DecisionEvent } from '../gate/decision.js';

/** Whatever knows how many tokens it caches: the interceptor that `walletAuth` makes. */
export interface CachesTokens {
  readonly cachedTokens: number;
}

/** A listener for `onDecision` that keeps the metrics. */
export interface DecisionMetrics {
  (event: DecisionEvent): void;
  /**
   * Shows how many tokens a door caches, too; several doors are added up.
   * @returns ends that.
   */
  watch(door: CachesTokens): () => void;
}

/** The name of the meter, where a provider is asked for one. */
const METER = 'grpc-wallet-auth';

/** Upper ends of the histogram's buckets, in seconds: a look-up takes microseconds, pure JavaScript takes milliseconds. */
const BUCKETS = [
  0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1,
];

/**
 * Makes OpenTelemetry metrics of decisions: `walletAuth({ onDecision: decisionMetrics() })`. Attributes are method, rule and
 * class names, reasons and curves, so there are as many series as those allow, whoever calls.
 *
 * - `wallet_auth.calls`, counter: `method`, `rule`, `source`, `decision` and, if refused, `reason`
 * - `wallet_auth.limited_calls`, counter: `method` and, if one was charged, `limit`
 * - `wallet_auth.verification.duration`, histogram in seconds: `curve`, `cached`
 * - `wallet_auth.cached_tokens`, gauge, of the doors that are watched
 *
 * @param source a meter, or a provider to ask for one. Default: the global provider, as it is now: without one that is set
 * already, nothing is counted.
 * @throws TypeError if the source is neither.
 */
export function decisionMetrics(source: Meter | MeterProvider = metrics.getMeterProvider()): DecisionMetrics {
  const meter = meterOf(source);
  const calls = meter.createCounter('wallet_auth.calls', {
    description: 'Decisions at the door',
    unit: '{call}',
  });
  const limited = meter.createCounter('wallet_auth.limited_calls', {
    description: 'Calls refused because of a limit',
    unit: '{call}',
  });
  const duration = meter.createHistogram('wallet_auth.verification.duration', {
    description: 'Time to verify a token',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  const cached = meter.createObservableGauge('wallet_auth.cached_tokens', {
    description: 'Verified tokens that are cached',
    unit: '{token}',
  });
  const doors = new Set<CachesTokens>();
  cached.addCallback((result) => {
    if (doors.size > 0) result.observe(Array.from(doors, (door) => door.cachedTokens).reduce((a, b) => a + b));
  });

  function listener({ method, rule, source: ruleSource, decision, reason, limit, ...token }: DecisionEvent): void {
    calls.add(1, known({ method, rule, source: ruleSource, decision, reason }));
    if (reason === 'RATE_LIMITED') limited.add(1, known({ method, limit }));
    if (token.verificationMs === undefined) return;
    duration.record(token.verificationMs / 1_000, known({ curve: token.curve, cached: token.cached }));
  }

  return Object.freeze(
    Object.assign(listener, {
      watch(door: CachesTokens): () => void {
        if (typeof door?.cachedTokens !== 'number') throw new TypeError('what is watched must have cachedTokens');
        doors.add(door);
        return () => void doors.delete(door);
      },
    }),
  );
}

function meterOf(source: Meter | MeterProvider): Meter {
  if (typeof (source as Partial<MeterProvider> | null)?.getMeter === 'function') {
    return (source as MeterProvider).getMeter(METER);
  }
  if (typeof (source as Partial<Meter> | null)?.createCounter === 'function') return source as Meter;
  throw new TypeError('decisionMetrics takes a Meter or a MeterProvider');
}

/** Attributes without those that are not set, which some exporters would write as texts. */
function known(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
