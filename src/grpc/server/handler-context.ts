import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

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

/** Every loop gets an iterator of its own. */
function requestsOf(call: AnyCall & Readable): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => readRequests(call) };
}

async function* readRequests(call: AnyCall & Readable): AsyncGenerator {
  try {
    yield* call.iterator({ destroyOnReturn: false }); // leaving a loop does not end the call
    await setImmediate(); // a client that leaves half-closes the call first; most of the time the rest comes with it
  } catch (error) {
    if (!call.cancelled) throw error;
  }
  if (call.cancelled) throw new DOMException('The call ended before its requests did', 'AbortError');
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
