import { createContextKey } from '@connectrpc/connect';

import { authorizationOf, peerOf, type NodeRequest } from '../../gate/call/node-request.js';

export type { NodeRequest };

/** An HTTP/2 stream of Node, as far as it is closed here. */
interface Http2Stream {
  readonly closed: boolean;
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  readonly session?: object | undefined;
  close(code: number): void;
}

/** The error codes of HTTP/2 with which a stream is closed. */
const NO_ERROR = 0;
const CANCEL = 8;

/** What only the server under Connect knows of a request. */
export interface RequestFacts {
  /** As the gate reads it: `203.0.113.7:50101`, `unix:` on a Unix socket, `unknown` where the connection is gone. */
  readonly peer: string;
  /** Every `authorization` header: Node's own `headers` drop all but the first. */
  readonly authorization: readonly string[];
  /** Stands for the connection that it came on. */
  readonly connection: object | undefined;
  /**
   * Closes what is left of a request whose caller does not take its answer.
   * @param isTaken whether the server has taken the whole answer to send it.
   * @returns whether that was necessary.
   */
  close(isTaken: boolean): boolean;
}

/** Where the facts of a request travel. */
export const factsKey = createContextKey<RequestFacts | undefined>(undefined, { description: 'wallet-auth request' });

/** Reads a request, when it is asked for something. */
export function requestFacts(request: NodeRequest): RequestFacts {
  return new NodeFacts(request);
}

class NodeFacts implements RequestFacts {
  readonly #request: NodeRequest;

  constructor(request: NodeRequest) {
    this.#request = request;
  }

  get peer(): string {
    return peerOf(this.#request);
  }

  get authorization(): readonly string[] {
    return authorizationOf(this.#request.rawHeaders);
  }

  get connection(): object | undefined {
    const { stream } = this.#request; // its socket is made when it is read
    return isHttp2Stream(stream) ? stream.session : this.#request.socket;
  }

  close(isTaken: boolean): boolean {
    return closeRequest(this.#request, isTaken);
  }
}

function closeRequest({ stream, socket }: NodeRequest, isTaken: boolean): boolean {
  if (!isHttp2Stream(stream)) {
    if (isTaken || socket.destroyed) return false; // another request may be under way on this connection
    socket.destroy();
    return true;
  }
  if (stream.closed || stream.destroyed) return false;
  const isSent = isTaken && stream.writableFinished; // its client has not closed its own side
  stream.close(isSent ? NO_ERROR : CANCEL);
  return !isSent;
}

function isHttp2Stream(stream: unknown): stream is Http2Stream {
  return typeof (stream as Partial<Http2Stream> | null | undefined)?.close === 'function';
}
