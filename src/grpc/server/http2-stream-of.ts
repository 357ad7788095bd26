import type { ServerHttp2Stream } from 'node:http2';

/** What may lie around the innermost call: that many interceptors at most. */
const MOST_LAYERS = 100;

/**
 * The HTTP/2 stream below a call on a grpc-js server, for which grpc-js has no public way. Its names for it, in 1.14: each
 * `ServerInterceptingCall` has the call that it was made of as `nextCall`, and the innermost has the stream as `stream`.
 * @returns `undefined` where that is not so: another version, or an interceptor that wraps calls by itself.
 */
export function http2StreamOf(call: object): ServerHttp2Stream | undefined {
  let inner: Partial<Record<'nextCall' | 'stream', unknown>> = call;
  for (let layers = 0; layers < MOST_LAYERS; layers++) {
    if (isHttp2Stream(inner.stream)) return inner.stream;
    if (typeof inner.nextCall !== 'object' || inner.nextCall === null) return undefined;
    inner = inner.nextCall;
  }
  return undefined;
}

function isHttp2Stream(value: unknown): value is ServerHttp2Stream {
  if (typeof value !== 'object' || value === null) return false;
  const { close, closed, sendTrailers, session } = value as Partial<ServerHttp2Stream>;
  return [close, sendTrailers].every((each) => typeof each === 'function') && closed !== undefined && session !== null;
}
