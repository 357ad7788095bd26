import type { EventEmitter } from 'node:events';

import { propagate, type Interceptor } from '@grpc/grpc-js';

type CallOptions = Parameters<Interceptor>[0];
type Parent = NonNullable<CallOptions['parent']>;

/** When a call must be over, in milliseconds since the Unix epoch; `Infinity` for never. A call ends with its parent. */
export function deadlineOf(options: CallOptions): number {
  const own = Number(options.deadline ?? Infinity);
  return Math.min(own, Number(parentOf(options, propagate.DEADLINE)?.getDeadline() ?? Infinity));
}

/**
 * Calls a function once the parent of a call is cancelled, or soon if it is already. grpc-js hears its parent only while there
 * is a call.
 * @returns stops listening.
 */
export function onParentCancelled(options: CallOptions, run: () => void): () => void {
  const parent = parentOf(options, propagate.CANCELLATION);
  if (parent?.cancelled) queueMicrotask(run);
  const emitter: EventEmitter | undefined = parent;
  emitter?.once('cancelled', run);
  return () => void emitter?.removeListener('cancelled', run);
}

/** The server call in whose handler a call is made, if it hands that on. */
function parentOf(
  { parent, propagate_flags: flags = propagate.DEFAULTS }: CallOptions,
  flag: number,
): Parent | undefined {
  return flags & flag ? parent : undefined;
}
