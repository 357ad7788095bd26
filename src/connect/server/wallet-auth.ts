import { createContextValues, type ContextValues, type HandlerContext, type Interceptor } from '@connectrpc/connect';

import { createGate, isGate, type Gate } from '../../gate/create-gate.js';
import { withGateFacts, type GateFacts } from '../../gate/gate-facts.js';
import type { GateOptions } from '../../gate/options.js';
import { gatedCalls } from './gated-calls.js';
import { factsKey, requestFacts, type NodeRequest } from './request-facts.js';

/** The options of `createGate`; hooks get the headers of the request as metadata. docs/options.md has a table. */
export type WalletAuthOptions = GateOptions<Headers>;

/** What a Connect server is given, all of it: `connectNodeAdapter({ routes, ...auth.adapter })`. */
export interface WalletAuthAdapter {
  /** Reads the caller's address, and all of its `authorization` headers. Without it, rules about addresses refuse every call. */
  contextValues(request: NodeRequest): ContextValues;
  /** Refuses calls before their bodies are received. Connect before 2.2 does not know it. */
  requestGate(context: HandlerContext): void | Promise<void>;
  /**
   * Refuses calls that no `requestGate` was called for, and messages, and ends streams. Interceptors listed before it also see
   * calls that it refuses. A `router.service` with `interceptors` of its own leaves these out: list them there again.
   */
  readonly interceptors: Interceptor[];
}

/** The gate of a Connect server, with what a start-up check needs. */
export interface WalletAuth extends GateFacts {
  readonly adapter: WalletAuthAdapter;
}

/**
 * Makes the gate of a Connect server: every caller of every method needs a token, over Connect, gRPC-Web and gRPC.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { connectNodeAdapter } from '@connectrpc/connect-node';
 * import { requireIdentity, walletAuth } from 'grpc-wallet-auth/connect';
 * import { DemoService } from 'grpc-wallet-auth/proto';
 *
 * const auth = walletAuth();
 * const handler = connectNodeAdapter({
 *   routes: (router) => router.service(DemoService, {
 *     whoAmI: (_request, context) => ({ wallet: requireIdentity(context).wallet }),
 *   }),
 *   ...auth.adapter,
 * });
 * const server = createServer(handler);
 * ```
 * @param gateOrOptions a gate, to share it with other transports of this node, or the options of one. Default: `{}`.
 * @throws TypeError if an option is wrong.
 */
export function walletAuth(gateOrOptions: Gate | WalletAuthOptions = {}): WalletAuth {
  const gate = isGate(gateOrOptions) ? gateOrOptions : createGate(gateOrOptions);
  const calls = gatedCalls(gate);
  const adapter: WalletAuthAdapter = Object.freeze({
    contextValues: (request: NodeRequest) => createContextValues().set(factsKey, requestFacts(request)),
    requestGate: (context: HandlerContext) => calls.requestGate(context),
    interceptors: [calls.interceptor],
  });
  return withGateFacts({ adapter }, gate);
}
