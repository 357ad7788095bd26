import type { DescService } from '@bufbuild/protobuf';
import { onTestFinished } from 'vitest';

import type { DeviceRegistry } from '../../src/devices/device-registry.js';
import { createGate } from '../../src/gate/create-gate.js';
import type { DecisionEvent } from '../../src/gate/decision.js';
import type { GateOptions } from '../../src/gate/options.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { settableClock, type SettableClock } from '../../src/testing/settable-clock.js';
import { callKinds, connectionTo, openChat, type CallHeaders, type CallKind, type Connection } from './calls.js';
import type { NeutralHandlers, Protocol, Running, Transport } from './node.js';

/** The gate's options; `now` and `timers` take the place of the node's clock, `onDecision` that of its recorder. */
export interface NodeOptions extends GateOptions {
  readonly clock?: SettableClock | undefined;
  /** Services beside the demo service. */
  readonly beside?: readonly DescService[] | undefined;
  readonly deviceService?: DeviceRegistry | undefined;
}

/** A node behind a gate, with a clock of its own, and what was decided and run there. */
export interface StartedNode {
  readonly running: Running;
  readonly clock: SettableClock;
  readonly events: readonly DecisionEvent[];
  /** How many handlers were started. */
  readonly handlersRun: () => number;
  /** How often the signal of a handler was aborted while it was at work. */
  readonly aborted: () => number;
  /** Handlers that take the place of its own. */
  readonly own: Partial<NeutralHandlers>;
  readonly connection: Connection;
  /** Makes a call of a kind to its end. */
  readonly call: (kind: CallKind, headers?: CallHeaders) => ReturnType<(typeof callKinds)[CallKind]>;
  readonly chat: (headers?: CallHeaders) => ReturnType<typeof openChat>;
  /** An `authorization` header with a token made now. */
  readonly fresh: () => CallHeaders;
}

/** Starts a node, which is closed when the test that started it has finished. */
export async function startNode(
  transport: Transport,
  protocol: Protocol,
  options: NodeOptions = {},
): Promise<StartedNode> {
  const { clock = settableClock(), beside, deviceService, ...gateOptions } = options;
  const events: DecisionEvent[] = [];
  const { now, timers } = clock;
  const gate = createGate({ now, timers, onDecision: (event) => void events.push(event), ...gateOptions });
  let handlers = 0;
  let aborted = 0;
  const own: Partial<NeutralHandlers> = {};
  const counted = countingHandlers(own, {
    begun: () => handlers++,
    aborted: () => aborted++,
  });
  const running = await transport.serve({ gate, handlers: counted, devices: deviceService, services: beside });
  onTestFinished(() => running.close());
  const connection = connectionTo(running.baseUrl(protocol), protocol);
  onTestFinished(connection.close);
  return {
    running,
    clock,
    events,
    handlersRun: () => handlers,
    aborted: () => aborted,
    own,
    connection,
    call: (kind, headers = {}) => callKinds[kind](connection.client, headers),
    chat: (headers = {}) => openChat(connection.client, headers),
    fresh: () => ({ authorization: `Bearer ${mintToken({ now })}` }),
  };
}

interface Counters {
  begun(): void;
  aborted(): void;
}

function countingHandlers(own: Partial<NeutralHandlers>, count: Counters): NeutralHandlers {
  const begin: (context: Parameters<NeutralHandlers['whoAmI']>[0]) => () => void = ({ signal }) => {
    count.begun();
    const listener = () => count.aborted();
    signal.addEventListener('abort', listener);
    return () => signal.removeEventListener('abort', listener);
  };
  return {
    async whoAmI(context) {
      const done = begin(context);
      const { identity } = context;
      try {
        return await (own.whoAmI?.(context) ?? {
          wallet: identity?.wallet ?? 'nobody',
          deviceId: identity?.deviceId ?? '',
        });
      } finally {
        done();
      }
    },
    async collectNotes(context, requests) {
      const done = begin(context);
      try {
        if (own.collectNotes) return await own.collectNotes(context, requests);
        let noted = 0;
        for await (const _ of requests) noted++;
        return { wallet: context.identity?.wallet ?? 'nobody', count: noted };
      } finally {
        done();
      }
    },
    async *countUp(context, request) {
      const done = begin(context);
      if (own.countUp) yield* own.countUp(context, request);
      else {
        for (let number = 1; number <= request.limit; number++)
          yield { wallet: context.identity?.wallet ?? 'nobody', number };
      }
      done();
    },
    async *chat(context, requests) {
      const done = begin(context);
      if (own.chat) yield* own.chat(context, requests);
      else for await (const { text } of requests) yield { wallet: context.identity?.wallet ?? 'nobody', text };
      done();
    },
  };
}
