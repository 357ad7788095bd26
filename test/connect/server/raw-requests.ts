import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';

import { onTestFinished } from 'vitest';

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request whose body is held back. */
export interface RawRequest {
  readonly answer: Promise<RawAnswer>;
  /** Sends the body. */
  send(body: Uint8Array | string): void;
  /** Leaves without reading on. */
  destroy(): void;
}

/** Header names and values in turn; over HTTP/1.1 a name may come twice. */
export type RawHeaders = readonly string[];

/** Sends the headers of a request over HTTP/1.1. */
export function rawHttp1(url: string, headers: RawHeaders): RawRequest {
  const { host } = new URL(url);
  const sent = request(url, { method: 'POST', agent: false, headers: ['host', host, ...headers] });
  sent.on('error', () => undefined);
  sent.flushHeaders();
  const answer = once(sent, 'response').then(async ([response]: IncomingMessage[]) => {
    const body = await text(response!);
    return { status: response!.statusCode!, headers: response!.headers, trailers: response!.trailers, body };
  });
  answer.catch(() => undefined);
  return { answer, send: (body) => void sent.end(body), destroy: () => void sent.destroy() };
}

/** Sends the headers of a request over HTTP/2. Unless it reads, there is no answer. */
export function rawHttp2(
  url: string,
  headers: RawHeaders,
  { reads = true } = {},
): RawRequest & { readonly stream: ClientHttp2Stream } {
  const { origin, pathname } = new URL(url);
  const session = connectHttp2(origin);
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  const all: Record<string, string> = { ':method': 'POST', ':path': pathname };
  for (let i = 0; i < headers.length; i += 2) all[headers[i]!] = headers[i + 1]!;
  const stream = session.request(all);
  stream.on('error', () => undefined);
  const answer = (async () => {
    let trailers = {};
    stream.on('trailers', (received) => (trailers = received));
    if (!reads) return new Promise<never>(() => undefined);
    const [received] = (await once(stream, 'response')) as [Record<string, string>];
    const body = await text(stream);
    return { status: Number(received[':status']), headers: received, trailers, body };
  })();
  answer.catch(() => undefined);
  return { answer, stream, send: (body) => void stream.end(body), destroy: () => stream.close() };
}
