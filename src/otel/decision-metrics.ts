import { metrics, type Attributes, type Meter, type MeterProvider, type ObservableGauge } from '@opentelemetry/api';

import type { DecisionEvent } from '../gate/decision.js';
import { meterOf } from './meter-of.js';

/** The cache statistics that `watch` reads: those of a gate, or of the interceptor that `walletAuth` makes. */
export interface TokenCacheStats {
  /** How many verified tokens are cached now. */
  readonly cachedTokens: number;
  /** How many tokens wait for the curve now. */
  readonly waitingTokens?: number;
}

/** A listener for `onDecision` that records metrics. */
export interface DecisionMetrics {
  /** Records one decision. */
  (event: DecisionEvent): void;
  /**
   * Adds a gate to the gauges `wallet_auth.cached_tokens` and `wallet_auth.waiting_tokens`, which are sums over all watched gates.
   * @returns a function that removes it again.
   * @throws TypeError if it has no `cachedTokens`.
   */
  watch(gate: TokenCacheStats): () => void;
}

/** The histogram's bucket boundaries, in seconds: a cached token takes microseconds, pure JavaScript takes milliseconds. */
const BUCKETS = [
  0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1,
];

/**
 * Makes OpenTelemetry metrics of a gate's decisions. Attributes are method, rule and limit names, reasons and curves, never
 * anything that a caller chooses, so their number of series is bounded.
 *
 * - `wallet_auth.calls`, counter: `method`, `rule`, `source`, `decision` and, if refused, `reason`
 * - `wallet_auth.limited_calls`, counter: `method` and, if a limit was charged, `limit`
 * - `wallet_auth.verification.duration`, histogram in seconds: `curve`, `cached`
 * - `wallet_auth.cached_tokens` and `wallet_auth.waiting_tokens`, gauges: the sums over all watched gates
 *
 * @param source a meter, or a meter provider. Default: the global provider at the time of this call; if none is registered
 * by then, nothing is recorded.
 * @throws TypeError if the source is neither.
 * @example
 * import { walletAuth } from 'grpc-wallet-auth/grpc';
 * import { decisionMetrics } from 'grpc-wallet-auth/otel';
 *
 * const onDecision = decisionMetrics();
 * const interceptor = walletAuth({ onDecision });
 * onDecision.watch(interceptor);
 */
export function decisionMetrics(source: Meter | MeterProvider = metrics.getMeterProvider()): DecisionMetrics {
  const meter = meterOf(source, 'decisionMetrics');
  const calls = meter.createCounter('wallet_auth.calls', {
    description: 'Calls decided by the gate',
    unit: '{call}',
  });
  const limited = meter.createCounter('wallet_auth.limited_calls', {
    description: 'Calls refused by a rate limit',
    unit: '{call}',
  });
  const duration = meter.createHistogram('wallet_auth.verification.duration', {
    description: 'Duration of token verification',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  const cached = meter.createObservableGauge('wallet_auth.cached_tokens', {
    description: 'Verified tokens in the cache',
    unit: '{token}',
  });
  const waiting = meter.createObservableGauge('wallet_auth.waiting_tokens', {
    description: 'Tokens that wait for the curve',
    unit: '{token}',
  });
  const gates = new Set<TokenCacheStats>();
  const observeSum = (gauge: ObservableGauge, numberOf: (gate: TokenCacheStats) => number) =>
    gauge.addCallback((result) => {
      if (gates.size > 0) result.observe(Array.from(gates, numberOf).reduce((a, b) => a + b));
    });
  observeSum(cached, (gate) => gate.cachedTokens);
  observeSum(waiting, (gate) => gate.waitingTokens ?? 0);

  function listener({ method, rule, source: ruleSource, decision, reason, limit, ...token }: DecisionEvent): void {
    calls.add(1, known({ method, rule, source: ruleSource, decision, reason }));
    if (reason === 'RATE_LIMITED') limited.add(1, known({ method, limit }));
    if (token.verificationMs === undefined) return;
    duration.record(token.verificationMs / 1_000, known({ curve: token.curve, cached: token.cached }));
  }

  return Object.freeze(
    Object.assign(listener, {
      watch(gate: TokenCacheStats): () => void {
        if (typeof gate?.cachedTokens !== 'number') throw new TypeError('a watched gate must have cachedTokens');
        gates.add(gate);
        return () => void gates.delete(gate);
      },
    }),
  );
}

/** Attributes without undefined values, which some exporters would write as texts. */
function known(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
