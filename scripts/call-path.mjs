/**
 * Counts the source files that run between the interceptor and the handler, by V8's precise coverage, for a plain node: a
 * cached token, and a token that is new. `npm run call-path`
 */
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';

import { Metadata } from '@grpc/grpc-js';

const root = pathToFileURL(`${process.cwd()}/build/src/`).href;
const { walletAuth } = await import(`${root}grpc/index.js`);
const { mintToken, testWallets } = await import(`${root}testing/index.js`);

const interceptor = walletAuth();
const method = { path: '/walletauth.demo.v1.DemoService/WhoAmI', requestStream: false, responseStream: false };

/** One call, up to its handler. */
function call(token) {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  let reached = false;
  const inner = {
    start: (listener) => listener.onReceiveMetadata(metadata),
    getPeer: () => '127.0.0.1:50101',
    getAuthContext: () => ({}),
    sendStatus: ({ details }) => {
      throw new Error(details);
    },
  };
  const handler = {
    onReceiveMetadata: () => (reached = true),
    onReceiveMessage() {},
    onReceiveHalfClose() {},
    onCancel() {},
  };
  interceptor(method, inner).start(handler);
  if (!reached) throw new Error('the handler was not reached');
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

async function filesOf(run) {
  await session.post('Profiler.takePreciseCoverage'); // forgets what ran before
  run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url, functions }) => url.startsWith(root) && functions.some(({ ranges }) => ranges[0].count > 0))
    .map(({ url }) => url.slice(root.length))
    .filter((file) => !file.startsWith('testing/'))
    .toSorted();
}

const warm = mintToken();
call(warm);
const fresh = mintToken({ wallet: testWallets.bob });
for (const [what, token] of [
  ['cached token', warm],
  ['new token', fresh],
]) {
  const files = await filesOf(() => call(token));
  console.log(`${what}: ${files.length} files\n  ${files.join('\n  ')}`);
}
