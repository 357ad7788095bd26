import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { pipeline } from 'node:stream/promises';

import { authorizationOf, peerOf } from '../gate/call/node-request.js';
import type { WalletIdentity } from '../identity.js';

/** The gate of an HTTP server: what `walletAuth` of `grpc-wallet-auth/http` makes. */
export interface HttpGate {
  /** Decides about a request. */
  authenticate(request: NodeHttpRequest, options: NodeRequestOptions): Promise<WalletIdentity | undefined | Response>;
}

/** A request of Node as the gate takes it. */
export interface NodeHttpRequest {
  readonly headers: { get(name: string): string | null };
  readonly authorization: readonly string[];
}

/** What the program says of a request. */
export interface NodeRequestOptions {
  /** As for `authenticate`. */
  readonly method?: string | undefined;
  /** The address of the peer. Default: that of the socket. */
  readonly address?: string | undefined;
  /** As for `authenticate`. */
  readonly message?: unknown;
}

/**
 * `authenticate` for a request of Node's `http` or `http2`, and so of express and fastify: with the address of its socket, and
 * with every `authorization` header, of which Node's own `headers` show the first alone.
 * @param auth what `walletAuth` of `grpc-wallet-auth/http` makes.
 * @returns who is calling, `undefined` for an anonymous caller where that is allowed; or the answer to send, by `sendResponse`.
 * @throws TypeError if an option is wrong.
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { walletAuth } from 'grpc-wallet-auth/http';
 * import { authenticateIncoming, sendResponse } from 'grpc-wallet-auth/node';
 *
 * const auth = walletAuth();
 * const server = createServer(async (request, response) => {
 *   const caller = await authenticateIncoming(auth, request);
 *   if (caller instanceof Response) return sendResponse(caller, response);
 *   response.end(caller?.wallet);
 * });
 * ```
 */
export async function authenticateIncoming(
  auth: HttpGate,
  request: IncomingMessage | Http2ServerRequest,
  options: NodeRequestOptions = {},
): Promise<WalletIdentity | undefined | Response> {
  const headers = {
    get(name: string): string | null {
      const value = request.headers[name.toLowerCase()];
      return value === undefined ? null : [value].flat().join(', ');
    },
  };
  const authorization = authorizationOf(request.rawHeaders);
  return auth.authenticate({ headers, authorization }, { ...options, address: options.address ?? peerOf(request) });
}

/**
 * Sends a fetch `Response`, such as a refusal, as the answer of a Node server.
 * @returns resolves when it is sent. Rejects if the connection ends before.
 * @example
 * import { createServer } from 'node:http';
 * import { sendResponse } from 'grpc-wallet-auth/node';
 *
 * const server = createServer((_request, response) => sendResponse(new Response('gone', { status: 410 }), response));
 */
export async function sendResponse(answer: Response, response: ServerResponse | Http2ServerResponse): Promise<void> {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  await pipeline(chunksOf(answer), response);
}

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (;;) {
    const read = await reader?.read();
    if (read?.value === undefined) return;
    yield read.value;
  }
}
