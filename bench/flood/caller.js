import { credentials } from '@grpc/grpc-js';
import { createTokenSource } from 'grpc-wallet-auth/client';
import { nativeCurve } from 'grpc-wallet-auth/curves';
import { createClient } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';
import { mintIdentity } from 'grpc-wallet-auth/testing';

/** An honest caller: two concurrent calls, and a new token every hundred calls. It reports the duration of each call. */
const [port, device, durationMs] = process.argv.slice(2);
const AT_ONCE = 2;
const CALLS_PER_TOKEN = 100;

const source = createTokenSource(mintIdentity({ device }), { curve: nativeCurve() });
const client = createClient(DemoService, `127.0.0.1:${port}`, credentials.createInsecure(), source);
const call = () => new Promise((resolve, reject) => client.whoAmI({}, (error) => (error ? reject(error) : resolve())));

await call();
process.send('ready');
process.once('message', () => void run());

async function run() {
  const end = performance.now() + Number(durationMs);
  const times = [];
  const lane = async () => {
    while (performance.now() < end) {
      if (times.length % CALLS_PER_TOKEN === 0) source.invalidate();
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  process.send(times, () => client.close());
  process.disconnect();
}
