import { beforeAll, describe, expect, it } from 'vitest';

import { scaffold } from './support/scaffold.js';

/** Both ends of what the package's peer range allows now. */
const VERSIONS = ['1.14.2', '1.14.7'];

/** A node with a clock of its own, a client of HTTP/2 that reads nothing, and the end of its token. */
const PROGRAM = `
import { once } from 'node:events';
import { connect } from 'node:http2';
import { setTimeout } from 'node:timers/promises';
import { Server, ServerCredentials, ServerInterceptingCall } from '@grpc/grpc-js';
import { leaseOf, walletAuth } from 'grpc-wallet-auth/grpc';
import { fakeDevices, mintToken } from 'grpc-wallet-auth/testing';

const { devices, clock } = await fakeDevices();
const auth = walletAuth({ devices, now: clock.now, timers: clock.timers });
const passing = (_, call) => new ServerInterceptingCall(call);
const server = new Server({ interceptors: [passing, auth] });
const bytes = (value) => value;
const method = { path: '/a.S/Flood', requestStream: true, responseStream: true };
const codecs = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
const seen = { lapses: 0, cancellations: 0 };
let written = 0;
const opened = new Promise((resolve) => {
  server.addService({ flood: { ...method, ...codecs } }, {
    flood(call) {
      leaseOf(call).onLapsing(() => seen.lapses++);
      call.on('cancelled', () => seen.cancellations++);
      for (let i = 0; i < 100; i++) call.write(Buffer.alloc(10_000), () => written++);
      resolve();
    },
  });
});
const port = await new Promise((resolve, reject) =>
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) => (error ? reject(error) : resolve(at))),
);
const session = connect('http://127.0.0.1:' + port);
const stream = session.request({
  ':method': 'POST',
  ':path': '/a.S/Flood',
  'content-type': 'application/grpc',
  te: 'trailers',
  authorization: 'Bearer ' + mintToken({ now: clock.now }),
});
stream.on('error', () => undefined);
await opened;
while (written < 6) await setTimeout(1); // the seventh does not fit into the window
const closed = once(stream, 'close');
clock.advance(3_600_000 + 30_000);
await setTimeout(0);
const before = { isClosed: stream.closed, hardCloses: auth.hardCloses };
clock.advance(5_000);
await closed;
console.log(JSON.stringify({ ...seen, before, rstCode: stream.rstCode, hardCloses: devices.health().hardCloses }));
session.destroy();
server.forceShutdown();
`;

describe.each(VERSIONS)('@grpc/grpc-js %s', (version) => {
  const folder = scaffold('module', [`@grpc/grpc-js@${version}`]);
  beforeAll(() => folder.write({ 'main.mjs': PROGRAM }));

  it('is what is installed', async () => {
    const { output } = await folder.run('node', ['-p', `require('@grpc/grpc-js/package.json').version`]);
    expect(output.trim()).toBe(version);
  });

  it('a stream whose client reads nothing is closed hard after its end, by the internals that http2-stream-of.ts names', async () => {
    const { code, output } = await folder.run('node', ['main.mjs']);
    expect(output).toMatch(/^\{.*\}\n$/);
    expect([code, JSON.parse(output)]).toEqual([
      0,
      { lapses: 1, cancellations: 1, before: { isClosed: false, hardCloses: 0 }, rstCode: 8, hardCloses: 1 },
    ]);
  });
});
