import type { Metadata, ServerInterceptor } from '@grpc/grpc-js';

import { createGate, isGate, type Gate } from '../../gate/create-gate.js';
import { withGateFacts, type GateFacts } from '../../gate/gate-facts.js';
import type { GateOptions } from '../../gate/options.js';
import { gatedBy } from './gated-call.js';

/** The options of `createGate`; hooks get grpc-js's metadata. docs/options.md has a table. */
export type WalletAuthOptions = GateOptions<Metadata>;

/** The server interceptor, with what a start-up check needs. */
export interface WalletAuthInterceptor extends ServerInterceptor, GateFacts {}

/**
 * Makes the server interceptor: every caller of every method needs a token. Interceptors listed before it also see calls that
 * it refuses, those after it only admitted ones. Methods that are not registered answer UNIMPLEMENTED without any interceptor.
 *
 * @example
 * ```ts
 * import { Server } from '@grpc/grpc-js';
 * import { healthRules, walletAuth } from 'grpc-wallet-auth/grpc';
 *
 * const server = new Server({ interceptors: [walletAuth({ rules: healthRules })] });
 * ```
 * @param gateOrOptions a gate, to share it with other transports of this node, or the options of one. Default: `{}`.
 * @throws TypeError if an option is wrong.
 */
export function walletAuth(gateOrOptions: Gate | WalletAuthOptions = {}): WalletAuthInterceptor {
  const gate = isGate(gateOrOptions) ? gateOrOptions : createGate(gateOrOptions);
  return withGateFacts(gatedBy(gate), gate);
}
