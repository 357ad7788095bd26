/** A request of Node's `http`, `https` or `http2`, as far as it is read here. */
export interface NodeRequest {
  /** Names and values in turn, each header as it came. */
  readonly rawHeaders: readonly string[];
  readonly socket: NodeSocket;
  /** The stream of an HTTP/2 request. */
  readonly stream?: unknown;
}

interface NodeSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly destroyed: boolean;
  destroy(): unknown;
}

/** The peer of a request as the gate reads it: `203.0.113.7:50101`, `unix:`, or `unknown` where the connection is gone. */
export function peerOf({ socket }: NodeRequest): string {
  try {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress !== undefined) return `${remoteAddress}:${remotePort}`;
    return socket.destroyed ? 'unknown' : 'unix:';
  } catch {
    return 'unknown'; // the socket of an HTTP/2 session that has ended
  }
}

/** Every `authorization` header, in order: Node's own `headers` drop all but the first. */
export function authorizationOf(rawHeaders: readonly string[]): string[] {
  const values = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 13 && name.toLowerCase() === 'authorization') values.push(rawHeaders[i + 1] ?? '');
  }
  return values;
}
