import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  credentials,
  makeClientConstructor,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServiceError,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { peerOf } from '../../../src/grpc/server/peer.js';
import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { authorization, callKinds, definition, startDemoServer } from '../../support/demo-server.js';
import { writeFrames } from '../../support/raw-frames.js';

const { now } = settableClock();
const UnixClient = makeClientConstructor(definition, 'unix');

let folder: string;
const closers: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unix-'));
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

/** A server on a Unix socket; the result is the error of one call to it. */
async function callOnUnixSocket(interceptor: ServerInterceptor, metadata: Metadata): Promise<ServiceError | null> {
  const target = `unix:${join(folder, `socket${closers.length}`)}`;
  const server = new Server({ interceptors: [interceptor] });
  server.addService({ whoAmI: definition.whoAmI }, { whoAmI: (_: unknown, answer: Function) => answer(null, {}) });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  });
  const client = new UnixClient(target, credentials.createInsecure());
  closers.push(
    () => client.close(),
    () => server.forceShutdown(),
  );
  return new Promise((resolve) => client['whoAmI']!({}, metadata, (error: ServiceError | null) => resolve(error)));
}

function goodTokenFrom(address: string): Metadata {
  const metadata = authorization(`Bearer ${mintToken({ now })}`);
  metadata.set('x-forwarded-for', address);
  return metadata;
}

describe('behind a proxy on a Unix socket', () => {
  const access = { deny: ['203.0.113.0/24'] };

  it('address rules hold with trustedProxies unix', async () => {
    const interceptor = walletAuth({ now, access, trustedProxies: ['unix'] });
    expect(authReasonOf(await callOnUnixSocket(interceptor, goodTokenFrom('203.0.113.7')))).toBe('ACCESS_DENIED');
    expect(await callOnUnixSocket(interceptor, goodTokenFrom('198.51.100.7'))).toBeNull();
  });

  it('x-forwarded-for is not believed without it', async () => {
    const interceptor = walletAuth({ now, access, trustedProxies: ['127.0.0.1'] });
    expect(await callOnUnixSocket(interceptor, goodTokenFrom('203.0.113.7'))).toBeNull();
  });

  it('x-forwarded-for of a call by TCP is not believed by it', async () => {
    const server = await startDemoServer(walletAuth({ now, access, trustedProxies: ['unix'] }));
    closers.push(() => server.close());
    expect((await callKinds.unary(server.client(), goodTokenFrom('203.0.113.7'))).error).toBeUndefined();
  });
});

describe('peerOf', () => {
  it('of a call by TCP is its address, also when the connection is gone', async () => {
    const peers: string[] = [];
    let ended: (() => void) | undefined;
    const isOver = new Promise<void>((resolve) => (ended = resolve));
    const server = await startDemoServer((_, call) => {
      peers.push(peerOf(call));
      socket.resetAndDestroy();
      setTimeout(function wait() {
        if (call.getPeer() !== 'unknown') return void setTimeout(wait, 1);
        peers.push(peerOf(call));
        ended?.();
      }, 1);
      return call as never;
    });
    closers.push(() => server.close());
    const socket = connect(server.port, '127.0.0.1');
    writeFrames(socket, definition.whoAmI.path, []);
    await isOver;
    expect(peers[0]).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(peers[1]).toMatch(/^127\.0\.0\.1/);
  });
});
