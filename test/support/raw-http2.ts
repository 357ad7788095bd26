import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';

/** What came back on a raw stream, as far as gRPC is concerned. */
export interface RawAnswer {
  readonly status: number | undefined;
  readonly message: string | undefined;
  /** The serialized `google.rpc.Status`. */
  readonly details: Uint8Array;
  readonly headers: Record<string, unknown>;
  /** How the stream was reset; 0 if it was not. */
  readonly rstCode: number;
}

/** A connection that sends what a grpc-js client would not. */
export interface RawConnection {
  /** Opens a stream without ending it. */
  readonly open: (path: string, headers?: OutgoingHttpHeaders) => ClientHttp2Stream;
  /** Sends a unary request with an empty message and waits for the end of the stream. */
  readonly call: (path: string, headers?: OutgoingHttpHeaders) => Promise<RawAnswer>;
  readonly session: ClientHttp2Session;
  readonly close: () => void;
}

/** A gRPC frame around an empty message. */
export const EMPTY_MESSAGE = Buffer.from([0, 0, 0, 0, 0]);

export function rawConnection(target: string): RawConnection {
  const session = connect(`http://${target}`, { maxSendHeaderBlockLength: 4_194_304 });
  session.on('error', () => undefined); // seen by each of its streams
  const open = (path: string, headers: OutgoingHttpHeaders = {}) =>
    session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
  return {
    open,
    call: (path, headers) => {
      const stream = open(path, headers);
      stream.end(EMPTY_MESSAGE);
      return answerOf(stream);
    },
    session,
    close: () => session.destroy(),
  };
}

/** Waits for the end of a stream, whichever end it is. */
export function answerOf(stream: ClientHttp2Stream): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let headers: Record<string, unknown> = {};
    stream.on('response', (received) => (headers = { ...headers, ...received }));
    stream.on('trailers', (received) => (headers = { ...headers, ...received }));
    stream.on('error', () => undefined); // 'close' follows
    stream.on('close', () => {
      const { 'grpc-status': status, 'grpc-message': message, 'grpc-status-details-bin': details } = headers;
      resolve({
        status: status === undefined ? undefined : Number(status),
        message: message === undefined ? undefined : decodeURI(message as string),
        details: new Uint8Array(Buffer.from(typeof details === 'string' ? details : '', 'base64')),
        headers,
        rstCode: stream.rstCode ?? 0,
      });
    });
    stream.resume();
  });
}
