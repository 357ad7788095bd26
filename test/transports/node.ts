import type { DescService } from '@bufbuild/protobuf';

import type { DeviceRegistry } from '../../src/devices/device-registry.js';
import type { Gate } from '../../src/gate/create-gate.js';
import type { GateFacts } from '../../src/gate/gate-facts.js';
import type { CallLease, WalletIdentity } from '../../src/identity.js';

/** What a handler of any transport knows of its call. */
export interface NeutralContext {
  readonly identity: WalletIdentity | undefined;
  readonly lease: CallLease;
  /** Aborts when the call is over, however it ended. */
  readonly signal: AbortSignal;
}

/** The handlers of the demo service, for any transport. */
export interface NeutralHandlers {
  whoAmI(context: NeutralContext): Promise<{ wallet: string; deviceId: string }>;
  collectNotes(
    context: NeutralContext,
    requests: AsyncIterable<{ text: string }>,
  ): Promise<{ wallet: string; count: number }>;
  countUp(context: NeutralContext, request: { limit: number }): AsyncIterable<{ wallet: string; number: number }>;
  chat(
    context: NeutralContext,
    requests: AsyncIterable<{ text: string }>,
  ): AsyncIterable<{ wallet: string; text: string }>;
}

/** What a transport is to serve. */
export interface Served {
  readonly gate: Gate;
  readonly handlers: NeutralHandlers;
  /** Serves the device service of a registry, too. */
  readonly devices?: DeviceRegistry | undefined;
  /** Services beside the demo service, each method of which answers with an empty message. */
  readonly services?: readonly DescService[] | undefined;
}

/** A way to call a node. */
export interface Protocol {
  readonly name: 'grpc' | 'grpc-web' | 'connect';
  readonly httpVersion: '1.1' | '2';
}

/** A node under way. */
export interface Running {
  /** What `walletAuth` of the transport shows of its gate. */
  readonly facts: GateFacts;
  /** Where it is called. */
  baseUrl(protocol: Protocol): string;
  close(): Promise<void>;
}

/** A transport of this library, served by a real server on loopback. */
export interface Transport {
  readonly name: string;
  readonly protocols: readonly Protocol[];
  serve(served: Served): Promise<Running>;
}
