import { metrics } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';

import { nobleCurve } from '../../src/crypto/noble-curve.js';
import { createGate } from '../../src/gate/create-gate.js';
import type { DecisionEvent } from '../../src/gate/decision.js';
import type { GateOptions } from '../../src/gate/options.js';
import { decisionMetrics } from '../../src/otel/decision-metrics.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { heldTurns } from '../support/held-turns.js';
import { sdk } from '../support/otel-sdk.js';

const METHOD = '/walletauth.demo.v1.DemoService/WhoAmI';

const call = { method: METHOD, peer: '127.0.0.1:50101', metadata: undefined, header: () => [] };

const event = (facts: Partial<DecisionEvent> = {}): DecisionEvent => ({
  method: METHOD,
  rule: 'required',
  source: 'default',
  decision: 'admitted',
  reason: undefined,
  error: undefined,
  limit: undefined,
  curve: 'native',
  cached: undefined,
  verificationMs: undefined,
  ...facts,
});

const labels = { method: METHOD, rule: 'required', source: 'default' };

describe('what is counted', () => {
  it('calls, by method and reason', async () => {
    const { provider, table } = sdk();
    const listener = decisionMetrics(provider);
    for (let i = 0; i < 3; i++) listener(event());
    listener(event({ decision: 'refused', reason: 'TOKEN_EXPIRED' }));
    listener(event({ decision: 'refused', reason: 'ACCESS_DENIED', rule: 'optional', source: 'method option' }));
    listener(event({ decision: 'ended', reason: 'ACCESS_DENIED' }));
    expect(await table('wallet_auth.calls')).toEqual([
      [{ ...labels, decision: 'admitted' }, 3],
      [{ ...labels, decision: 'refused', reason: 'TOKEN_EXPIRED' }, 1],
      [{ method: METHOD, rule: 'optional', source: 'method option', decision: 'refused', reason: 'ACCESS_DENIED' }, 1],
      [{ ...labels, decision: 'ended', reason: 'ACCESS_DENIED' }, 1],
    ]);
  });

  it('limited calls, by method and class', async () => {
    const { provider, table } = sdk();
    const listener = decisionMetrics(provider);
    listener(event({ limit: 'publish' }));
    listener(event({ decision: 'refused', reason: 'RATE_LIMITED', limit: 'publish' }));
    listener(event({ decision: 'ended', reason: 'RATE_LIMITED', limit: 'publish' }));
    listener(event({ decision: 'refused', reason: 'RATE_LIMITED' }));
    listener(event({ decision: 'refused', reason: 'ACCESS_DENIED', limit: 'publish' }));
    expect(await table('wallet_auth.limited_calls')).toEqual([
      [{ method: METHOD, limit: 'publish' }, 2],
      [{ method: METHOD }, 1],
    ]);
  });

  it('the time of verifications in seconds, by curve and cache, where there was one', async () => {
    const { provider, points } = sdk();
    const listener = decisionMetrics(provider);
    listener(event());
    listener(event({ verificationMs: 0.003, cached: true }));
    listener(event({ verificationMs: 0.2, cached: false }));
    listener(event({ verificationMs: 0.3, cached: false, decision: 'refused', reason: 'WALLET_MISMATCH' }));
    const [fast, slow, ...rest] = await points<Histogram>('wallet_auth.verification.duration');
    expect(rest).toEqual([]);
    expect(fast).toMatchObject({ attributes: { curve: 'native', cached: true }, value: { count: 1, sum: 3e-6 } });
    expect(slow?.attributes).toEqual({ curve: 'native', cached: false });
    expect(slow?.value.sum).toBeCloseTo(0.0005, 9);
    expect(slow?.value.buckets.counts.findIndex((count) => count > 0)).toBe(
      slow?.value.buckets.boundaries.findIndex((bound) => bound >= 0.0002),
    );
  });

  it('cached tokens, of all watched gates', async () => {
    const { provider, table } = sdk();
    const listener = decisionMetrics(provider);
    expect(await table('wallet_auth.cached_tokens')).toEqual([]);
    const one = { cachedTokens: 2 };
    const stop = listener.watch(one);
    listener.watch({ cachedTokens: 5 });
    expect(await table('wallet_auth.cached_tokens')).toEqual([[{}, 7]]);
    one.cachedTokens = 3;
    expect(await table('wallet_auth.cached_tokens')).toEqual([[{}, 8]]);
    stop();
    expect(await table('wallet_auth.cached_tokens')).toEqual([[{}, 5]]);
  });
});

describe('tokens that wait', () => {
  it('are shown as the sum of all watched gates, and counted as limited calls where there was no room', async () => {
    const { provider, table } = sdk();
    const listener = decisionMetrics(provider);
    listener.watch({ cachedTokens: 2 });
    listener.watch({ cachedTokens: 5, waitingTokens: 3 });
    listener.watch({ cachedTokens: 5, waitingTokens: 4 });
    listener(event({ decision: 'refused', reason: 'RATE_LIMITED', limit: 'verificationQueue' }));
    expect(await table('wallet_auth.waiting_tokens')).toEqual([[{}, 7]]);
    expect(await table('wallet_auth.limited_calls')).toEqual([[{ method: METHOD, limit: 'verificationQueue' }, 1]]);
  });

  it('are those of a real gate', async () => {
    const { provider, table } = sdk();
    const listener = decisionMetrics(provider);
    const { curve, timers, turnAll } = heldTurns();
    const gate = createGate({ curve, timers, onDecision: listener });
    listener.watch(gate);
    const decisions = ['laptop', 'phone', 'tablet'].map((device) =>
      Promise.resolve(gate.decide(call, `Bearer ${mintToken({ device })}`)),
    );
    expect(await table('wallet_auth.waiting_tokens')).toEqual([[{}, 2]]);
    await turnAll();
    await Promise.all(decisions);
    expect(await table('wallet_auth.waiting_tokens')).toEqual([[{}, 0]]);
  });
});

describe('a real gate', () => {
  const watchedGate = (options: GateOptions) => {
    const seen = sdk();
    const listener = decisionMetrics(seen.provider);
    const gate = createGate({ curve: nobleCurve, ...options, onDecision: listener });
    listener.watch(gate);
    return { ...seen, gate };
  };

  it('shows what it decided, how long it took and what it caches', async () => {
    const { gate, table, points } = watchedGate({});
    const authorization = `Bearer ${mintToken()}`;
    await gate.decide(call, authorization);
    await gate.decide(call, authorization);
    await gate.decide(call, 'Bearer junk');
    await gate.decide(call, undefined);
    expect(await table('wallet_auth.calls')).toEqual([
      [{ ...labels, decision: 'admitted' }, 2],
      [{ ...labels, decision: 'refused', reason: 'MALFORMED_TOKEN' }, 1],
      [{ ...labels, decision: 'refused', reason: 'MISSING_CREDENTIALS' }, 1],
    ]);
    expect(await table('wallet_auth.cached_tokens')).toEqual([[{}, 1]]);
    const durations = await points<Histogram>('wallet_auth.verification.duration');
    expect(durations.map(({ attributes, value }) => [attributes, value.count])).toEqual([
      [{ curve: 'noble', cached: false }, 1],
      [{ curve: 'noble', cached: true }, 1],
      [{ curve: 'noble' }, 2],
    ]);
  });
});

describe('where the numbers go', () => {
  it('is a meter, if that is given', async () => {
    const { provider, table } = sdk();
    decisionMetrics(provider.getMeter('mine'))(event());
    expect(await table('wallet_auth.calls')).toHaveLength(1);
  });

  it('is the global provider by default', async () => {
    const { provider, table } = sdk();
    metrics.setGlobalMeterProvider(provider);
    decisionMetrics()(event());
    expect(await table('wallet_auth.calls')).toHaveLength(1);
  });

  it('is nowhere without a global provider', () => {
    expect(() => decisionMetrics()(event())).not.toThrow();
  });

  it.each([null, {}, 5, 'meter', { getMeter: 1 }])('is not %s', (source) => {
    expect(() => decisionMetrics(source as never)).toThrow(
      new TypeError('decisionMetrics takes a Meter or a MeterProvider'),
    );
  });

  it.each([null, undefined, {}, () => undefined])('watches no %s', (nothing) => {
    expect(() => decisionMetrics().watch(nothing as never)).toThrow(
      new TypeError('a watched gate must have cachedTokens'),
    );
  });
});
