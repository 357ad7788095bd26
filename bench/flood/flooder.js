import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { platform } from 'node:os';

import { nativeCurve } from 'grpc-wallet-auth/curves';

import { secretsOf } from '../../build/src/client/device-identity.js';
import { signToken } from '../../build/src/client/sign-token.js';
import { mintIdentity, testWallets } from '../../build/src/testing/index.js';

/**
 * A flooder with the most expensive forged tokens, all different: well signed by a certified device, but claiming
 * another wallet, so that each costs a verification and a recovery. It comes from an address of its own where the system has one.
 */
const [port, durationMs] = process.argv.slice(2);
const TOKENS = 5 * Number(durationMs);
const AT_ONCE = 64;
const METHOD = '/walletauth.demo.v1.DemoService/WhoAmI';
const EMPTY_MESSAGE = Buffer.alloc(5);

const curve = nativeCurve();
const secrets = secretsOf(mintIdentity({ device: 'flooder' }));
const madeAt = Date.now();
const token = (i) => signToken({ ...secrets, wallet: testWallets.bob.address, createdMs: madeAt - i }, curve);
const tokens = Array.from({ length: TOKENS }, (_, i) => `Bearer ${token(i)}`);

const localAddress = platform() === 'linux' ? '127.0.0.2' : '127.0.0.1';
const session = connectHttp2(`http://127.0.0.1:${port}`, {
  createConnection: () => connectTcp({ port: Number(port), host: '127.0.0.1', localAddress }),
});
session.on('error', () => undefined);

function forge(i) {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: tokens[i],
    });
    stream.on('error', () => undefined).on('close', resolve);
    stream.resume();
    stream.end(EMPTY_MESSAGE);
  });
}

process.send('ready');
process.once('message', () => void run());

async function run() {
  const end = performance.now() + Number(durationMs);
  let sent = 0;
  const lane = async () => {
    while (sent < TOKENS && performance.now() < end) await forge(sent++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  process.send(sent, () => session.destroy());
  process.disconnect();
}
