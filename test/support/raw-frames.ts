import { connect, type Socket } from 'node:net';

/**
 * Sends one gRPC request as hand-made HTTP/2 frames, so that a header may come twice, which `node:http2` refuses to send.
 * The answer is not read; closing is the caller's business.
 * @returns a function that closes the connection.
 */
export function sendFrames(port: number, path: string, headers: readonly [name: string, value: string][]): () => void {
  const socket = connect(port, '127.0.0.1');
  writeFrames(socket, path, headers);
  return () => socket.destroy();
}

/** The same on a connection of the caller's. */
export function writeFrames(socket: Socket, path: string, headers: readonly [name: string, value: string][]): void {
  const block = Buffer.concat(
    [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'localhost'],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
      ...headers,
    ].map(([name, value]) => Buffer.concat([Buffer.of(0), hpackText(name!), hpackText(value!)])),
  );
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = frame(0x4, 0, 0, Buffer.alloc(0));
  const request = frame(0x1, 0x4, 1, block); // HEADERS, END_HEADERS
  const message = frame(0x0, 0x1, 1, Buffer.alloc(5)); // DATA, END_STREAM
  socket.on('error', () => undefined);
  socket.write(Buffer.concat([preface, settings, request, message]));
  socket.resume();
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK (RFC 7541): a literal text, not Huffman coded, after a length with a prefix of 7 bits. */
function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length: number[] = [];
  let rest = bytes.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
