import { connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTls } from 'node:tls';

import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import type { GrpcClient } from '../../src/grpc/client/grpc-client.js';
import { definition } from '../support/demo-server.js';
import { startNginx, type ConfigName, type Nginx } from '../support/nginx.js';
import { writeFrames } from '../support/raw-frames.js';
import { answerOf, EMPTY_MESSAGE, type RawAnswer } from '../support/raw-http2.js';
import { startNode, type NodeOptions, type TestNode } from '../support/start-node.js';

/** Where nginx calls the node from. */
export const PROXY = '127.0.0.1';

/** Callers of nginx: other addresses of this machine. */
export const CALLER = '127.0.0.2';
export const OTHER_CALLER = '127.0.0.3';

/** A grpc-js node, and nginx in front of it. */
export interface ProxiedNode {
  readonly node: TestNode;
  readonly nginx: Nginx;
  /** A grpc-js client that calls nginx, from the proxy's own address. */
  readonly client: GrpcClient<typeof DemoService>;
  /** Calls WhoAmI with an empty message, on a connection of its own from an address of this machine. */
  readonly whoAmIFrom: (localAddress: string, headers: OutgoingHttpHeaders) => Promise<RawAnswer>;
}

/** Starts both, with one of the page's files, until the test has finished. */
export async function nodeBehindNginx(
  options: NodeOptions = {},
  replace: Readonly<Record<string, string>> = {},
  config: ConfigName = 'grpc.conf',
): Promise<ProxiedNode> {
  const node = await startNode(options);
  const nginx = await startNginx(config, { grpc: node.port, replace });
  return { node, nginx, client: clientOf(nginx), whoAmIFrom: (from, headers) => whoAmI(nginx, from, headers) };
}

/** A grpc-js client, closed when the test has finished. */
export function clientOf({ port, certificate }: Nginx, options: object = {}): GrpcClient<typeof DemoService> {
  const DemoClient = makeClientConstructor(definition, DemoService.typeName);
  const client = new DemoClient(`localhost:${port}`, credentials.createSsl(certificate.pem), options);
  onTestFinished(() => client.close());
  return client as unknown as GrpcClient<typeof DemoService>;
}

/** Calls WhoAmI with an empty message, on a connection of its own from an address of this machine. */
export async function whoAmI(nginx: Nginx, localAddress: string, headers: OutgoingHttpHeaders): Promise<RawAnswer> {
  const options = { ca: nginx.certificate.pem, localAddress, family: 4, maxSendHeaderBlockLength: 4_194_304 };
  const session = connectHttp2(`https://localhost:${nginx.port}`, options);
  session.on('error', () => undefined); // seen by the stream
  const stream = session.request({
    ':method': 'POST',
    ':path': definition.whoAmI.path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.end(EMPTY_MESSAGE);
  const answer = await answerOf(stream);
  session.destroy();
  return answer;
}

/** Sends WhoAmI with headers of which one may come twice. The answer is in nginx's access log. */
export async function sendFramesTo({ port, certificate }: Nginx, headers: readonly [string, string][]): Promise<void> {
  const options = { host: 'localhost', port, ca: certificate.pem, ALPNProtocols: ['h2'] };
  const socket = connectTls({ ...options, servername: 'localhost' });
  onTestFinished(() => void socket.destroy());
  writeFrames(socket, definition.whoAmI.path, headers);
}
