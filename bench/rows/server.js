import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { credentials, makeGenericClientConstructor, Metadata } from '@grpc/grpc-js';
import { grpcServiceDefinition } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';

import { quantile, ratioOf } from '../pairs.js';
import { line } from '../table.js';
import { header, identities } from '../tokens.js';

const NODE = fileURLToPath(new URL('../server/node.js', import.meta.url));
const IN_FLIGHT = 64;

/**
 * CPU time of a server process per call: without an interceptor, with one that does nothing, and with ours. Every call
 * carries one of 64 good tokens.
 */
export const rows = {
  unary: () => serverCpu('unary call', unaryCall, { rounds: 41, calls: 1_500 }),
  stream: () => serverCpu('server stream of 100 messages', streamCall, { rounds: 21, calls: 128 }),
};

async function serverCpu(what, makeCall, { rounds, calls }) {
  const metadata = (await identities(64)).map((identity) => {
    const own = new Metadata();
    own.set('authorization', header(identity));
    return own;
  });
  const nodes = [await startNode('without'), await startNode('idle'), await startNode('with')];
  try {
    const perCall = nodes.map(() => []);
    for (let round = -3; round < rounds; round++) {
      for (const turn of nodes.keys()) {
        const i = (turn + round + nodes.length) % nodes.length;
        const { client, cpuMicroseconds } = nodes[i];
        const before = await cpuMicroseconds();
        await inFlight(calls, (number) => makeCall(client, metadata[number % metadata.length]));
        const used = (await cpuMicroseconds()) - before;
        if (round >= 0) perCall[i].push((used * 1e3) / calls); // rounds below zero warm up
      }
    }
    const [without, idle, with_] = perCall;
    const against = (figures, reference) => ({ ns: quantile(figures, 0.5), ...ratioOf(figures, reference) });
    const reach = makeCall === unaryCall ? { ratioAtMost: 1.03 } : {};
    return [
      line(`server CPU: ${what}, with an interceptor that does nothing`, 'without', against(idle, without)),
      line(`server CPU: ${what}, with walletAuth()`, 'without', against(with_, without), reach),
      line(`server CPU: ${what}, with walletAuth()`, 'one that does nothing', against(with_, idle)),
    ];
  } finally {
    for (const { stop } of nodes) stop();
  }
}

async function startNode(mode) {
  const child = fork(NODE, [mode]);
  const [port] = await once(child, 'message');
  const Client = makeGenericClientConstructor(grpcServiceDefinition(DemoService), 'DemoService');
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    client,
    async cpuMicroseconds() {
      child.send('cpu');
      const [used] = await once(child, 'message');
      return used;
    },
    stop() {
      client.close();
      child.kill();
    },
  };
}

/** Makes calls with a constant number in flight, until all are done. */
async function inFlight(total, makeCall) {
  let started = 0;
  const lane = async () => {
    while (started < total) await makeCall(started++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

function unaryCall(client, metadata) {
  return new Promise((resolve, reject) => {
    client.whoAmI({}, metadata, (error) => (error ? reject(error) : resolve()));
  });
}

function streamCall(client, metadata) {
  return new Promise((resolve, reject) => {
    const stream = client.countUp({ limit: 100 }, metadata);
    let received = 0;
    stream.on('data', () => received++);
    stream.on('error', reject);
    stream.on('end', () => (received === 100 ? resolve() : reject(new Error(`${received} messages`))));
  });
}
