import { setImmediate } from 'node:timers/promises';

import { createTokenSource } from '../../src/client/create-token-source.js';
import { fastestCurve } from '../../src/curves/fastest-curve.js';
import { attachToken } from '../../src/grpc/client/attach-token.js';
import { walletAuth } from '../../src/grpc/server/wallet-auth.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { authorization, callKinds, kinds, startDemoServer } from './demo-server.js';

/** What is left of many calls, in a process of their own that ran with `--expose-gc`. Printed as one line of JSON. */
export interface Leftovers {
  readonly admitted: number;
  readonly refused: number;
  readonly cancelled: number;
  /** Bytes of heap in use after the warm-up and at the end, each after collections. */
  readonly heapBefore: number;
  readonly heapAfter: number;
  /** What keeps the process alive, by kind, as Node counts it, then and now. */
  readonly resourcesBefore: readonly string[];
  readonly resourcesAfter: readonly string[];
  /** Node's warnings, such as that of too many listeners. */
  readonly warnings: readonly string[];
}

const AT_ONCE = 50;

const [calls = 0, streams = 0] = process.argv.slice(2).map(Number);
const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));

const server = await startDemoServer(
  walletAuth({
    maxCachedTokens: 20,
    maxCachedDevices: 10,
    failedTokenLimit: { failures: 1_000_000, maxAddresses: 10 },
    // at once for some, later for others, never for those that go away in between
    authorize: (_, { method }) => method.endsWith('WhoAmI') || setImmediate(true),
  }),
);
const bare = server.client();
const attached = server.client([attachToken(createTokenSource(mintIdentity(), { curve: fastestCurve() }))]);
const devices = Array.from({ length: 40 }, (_, i) => authorization(`Bearer ${mintToken({ device: `device ${i}` })}`));
const refused = (['TOKEN_EXPIRED', 'INVALID_AUTH_DATA_SIGNATURE', 'WALLET_MISMATCH', 'UNSIGNED_IDENTITY_KEY'] as const)
  .map((refusedFor) => authorization(`Bearer ${mintToken({ refusedFor })}`))
  .concat(authorization('Bearer AAAA'), authorization('Basic AAAA'));
const counts = { admitted: 0, refused: 0, cancelled: 0 };

/** Good and bad callers in turns, on all four call kinds. */
async function call(i: number): Promise<void> {
  const kind = callKinds[kinds[i % 4]!];
  const token = i % 2 === 0 ? devices[(i >> 1) % devices.length] : refused[(i >> 1) % refused.length];
  const { error } = await (i % 5 === 0 ? kind(attached) : kind(bare, token));
  counts[error ? 'refused' : 'admitted']++;
}

/**
 * Streams that are cancelled before their token is there, right after they began, or after the first answer. One without a
 * token source is never cancelled in the turn of the event loop in which it began: grpc-js keeps 16 kB of each of those
 * for ever, with this library and without it.
 */
async function cancel(i: number): Promise<void> {
  const client = i % 2 === 0 ? bare : attached;
  const stream = i % 2 === 0 ? client.chat(devices[i % 3]!) : client.chat();
  const ended = new Promise((resolve) => stream.on('error', resolve));
  stream.write({ text: 'a' });
  if (i % 3 === 1 || client === bare) await setImmediate();
  // Node closes a connection on which too many streams are cancelled at once, and the stream with it
  if (i % 3 === 2) await Promise.race([ended, new Promise((resolve) => stream.once('data', resolve))]);
  stream.cancel();
  await ended;
  counts.cancelled++;
}

async function many(count: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** The smallest heap of several collections: what finalizers and code ageing free comes late. */
async function heap(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 8; i++) {
    globalThis.gc!();
    await setImmediate();
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

/** A last good call on each client, so that each has one connection, and none that is just being closed. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.all([callKinds.unary(attached), callKinds.unary(bare, devices[0])]);
}

const resources = () => process.getActiveResourcesInfo().toSorted();

await many(4_000, cancel);
await many(4_000, call);
await settle();
const [heapBefore, resourcesBefore] = [await heap(), resources()];
Object.assign(counts, { admitted: 0, refused: 0, cancelled: 0 });
await many(streams, cancel);
await many(calls, call);
await settle();
const leftovers: Leftovers = {
  ...counts,
  heapBefore,
  heapAfter: await heap(),
  resourcesBefore,
  resourcesAfter: resources(),
  warnings,
};
console.log(JSON.stringify(leftovers));
server.close();
