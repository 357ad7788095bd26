import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';

/** The call of a handler that writes responses. */
export type ResponseCall = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

/**
 * Writes responses to a call as fast as its client reads them, then ends it. Returns early, and ends the iteration, when the
 * call ends meanwhile: grpc-js says so by `cancelled`, and `close` comes if something else has destroyed the stream.
 * @throws whatever the iteration throws; TypeError if there is nothing to iterate over.
 */
export async function writeAll(call: ResponseCall, responses: unknown): Promise<void> {
  for await (const response of (await responses) as AsyncIterable<unknown>) {
    if (call.destroyed || call.cancelled) return;
    if (!call.write(response)) await writable(call);
    if (call.destroyed || call.cancelled) return;
  }
  call.end();
}

/** Waits until a call takes responses again, or has ended. */
function writable(call: ResponseCall): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of EVENTS) call.off(event, done);
      resolve();
    };
    for (const event of EVENTS) call.on(event, done);
  });
}

const EVENTS = ['drain', 'cancelled', 'close'];
