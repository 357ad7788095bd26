import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';

import type { AnyCall, UnknownKindContext } from './authenticated-function.js';
import { requireIdentity } from './identity-of.js';

/**
 * What the function behind a handler gets: `request` or `requests`, whichever the call has.
 * @throws AuthError as `requireIdentity` does.
 */
export function handlerContext(call: AnyCall): UnknownKindContext {
  const signalOfCall = lazySignal(call);
  const context = {
    identity: requireIdentity(call),
    call,
    ...('request' in call ? { request: call.request } : { requests: requestsOf(call) }),
    get signal() {
      return signalOfCall();
    },
  };
  return context as UnknownKindContext;
}

/** Every loop gets an iterator of its own, and leaving a loop must not destroy the call, as it would by default. */
function requestsOf(call: Readable): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => call.iterator({ destroyOnReturn: false }) };
}

/** Most handlers need no signal: it is made when it is first asked for. */
function lazySignal(call: EventEmitter & { readonly cancelled: boolean }): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller === undefined) {
      const made = new AbortController();
      if (call.cancelled) made.abort();
      else call.once('cancelled', () => made.abort());
      controller = made;
    }
    return controller.signal;
  };
}
