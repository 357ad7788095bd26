import type { Metadata, ServerInterceptor } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';

import type { AuthReason } from '../../src/errors.js';
import type { DecisionEvent } from '../../src/gate/decision.js';
import { walletAuth, type WalletAuthOptions } from '../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../src/grpc/status.js';
import { settableClock, type SettableClock } from '../../src/testing/settable-clock.js';
import { callKinds, startDemoServer, type CallKind, type DemoServer } from './demo-server.js';

/** `now` takes the place of the node's clock, `onDecision` that of its recorder. */
export interface NodeOptions extends WalletAuthOptions {
  /** Interceptors listed before `walletAuth`: nearer to the wire. */
  readonly before?: readonly ServerInterceptor[];
  /** Interceptors listed after it. */
  readonly after?: readonly ServerInterceptor[];
}

/** A demo server behind `walletAuth`, with a clock of its own, and what it decided. */
export interface TestNode extends DemoServer {
  readonly clock: SettableClock;
  /** Every event so far; empty if `onDecision` was given. */
  readonly events: readonly DecisionEvent[];
  /** Makes a call of a kind to its end, and gives the reason of its refusal. */
  readonly reasonOf: (kind: CallKind, metadata?: Metadata) => Promise<AuthReason | undefined>;
}

/** Starts a node, which is closed when the test that started it has finished. To be called in a test, not in a hook for all. */
export async function startNode({ before = [], after = [], ...options }: NodeOptions = {}): Promise<TestNode> {
  const clock = settableClock();
  const events: DecisionEvent[] = [];
  const auth = walletAuth({ now: clock.now, onDecision: (event) => void events.push(event), ...options });
  const server = await startDemoServer(...before, auth, ...after);
  onTestFinished(server.close);
  const client = server.client();
  return {
    ...server,
    clock,
    events,
    reasonOf: async (kind, metadata) => authReasonOf((await callKinds[kind](client, metadata)).error),
  };
}
