import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { createClient } from '@connectrpc/connect';
import { createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { credentials, makeGenericClientConstructor, Metadata } from '@grpc/grpc-js';
import { grpcServiceDefinition } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';

import { sharesOfRow } from '../budget.js';
import { isSure, quantile, ratioOf } from '../pairs.js';
import { line } from '../table.js';
import { header, identities } from '../tokens.js';

const NODE = fileURLToPath(new URL('../server/node.js', import.meta.url));
const IN_FLIGHT = 64;

/** Processes differ from each other by more than what is measured, so that one is not enough. */
const FORKS = 3;

/** What is compared in turns inside each process: the first is what the others are compared with. */
const GRPC = { transport: 'grpc', variants: ['without', 'idle', 'with'], connect: grpcClient };
const CONNECT = { transport: 'connect', variants: ['without', 'with'], connect: connectClient };

/**
 * CPU time of a server process per call: without an interceptor, with one that does nothing, and with ours. Either every call
 * carries one of 64 good tokens, as behind a proxy, or all carry the same. The ends of all of them are told once a minute.
 */
export const rows = {
  unary: () =>
    eachOf([
      ['unary call', GRPC, 'unary', { ...UNARY, tokens: 64, reach: { ratioAtMost: 1.05 } }],
      ['unary call of one device', GRPC, 'unary', { ...UNARY, tokens: 1, reach: { ratioAtMost: 1.03 } }],
    ]),
  stream: () => eachOf([['server stream of 100 messages', GRPC, 'stream', { rounds: 5, calls: 128, tokens: 64 }]]),
  connect: () =>
    eachOf([['unary call over Connect', CONNECT, 'unary', { ...UNARY, tokens: 64, reach: { ratioAtMost: 1.05 } }]]),
};

const UNARY = { rounds: 6, calls: 1_000 };

async function eachOf(cases) {
  const share = sharesOfRow(cases.length * FORKS);
  const lines = [];
  for (const parameters of cases) lines.push(...(await serverCpu(share, ...parameters)));
  return lines;
}

async function serverCpu(share, what, { transport, variants, connect }, kind, { rounds, calls, tokens, reach }) {
  const headers = (await identities(tokens)).map((identity) => header(identity));
  const perCall = Object.fromEntries(variants.map((name) => [name, []]));
  for (let i = 0; i < FORKS; i++) {
    const hasTime = share();
    const node = await startNode(transport);
    const client = connect(node.port, headers);
    try {
      await compare(node, (number) => client[kind](number % tokens), { variants, rounds, calls, perCall, hasTime });
    } finally {
      client.close();
      node.stop();
    }
  }
  const against = (name, reference) => ({
    ns: quantile(perCall[name], 0.5),
    ...ratioOf(perCall[name], perCall[reference]),
  });
  const lines = [line(`server CPU: ${what}, with walletAuth()`, 'without', against('with', 'without'), reach)];
  if (variants.includes('idle')) {
    const idle = 'an interceptor that does nothing';
    lines.unshift(line(`server CPU: ${what}, with ${idle}`, 'without', against('idle', 'without')));
  }
  return lines;
}

/** Adds what each variant took in each round; more rounds than asked for while the quartiles are far apart and there is time. */
async function compare({ switchTo }, makeCall, { variants, rounds, calls, perCall, hasTime }) {
  const taken = Object.fromEntries(variants.map((name) => [name, []]));
  const [first] = variants;
  const isWide = () => !variants.every((name) => isSure(ratioOf(taken[name], taken[first]), 0.03));
  for (let round = -3; round < rounds || (round < 10 * rounds && isWide() && hasTime()); round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const name = variants[(turn + round + 3) % variants.length];
      const before = await switchTo(name);
      await inFlight(calls, makeCall);
      const used = (await switchTo(name)) - before;
      if (round >= 0) taken[name].push((used * 1e3) / calls); // rounds below zero warm up
    }
  }
  for (const name of variants) perCall[name].push(...taken[name]);
}

async function startNode(transport) {
  const child = fork(NODE, [transport]);
  const [port] = await once(child, 'message');
  return {
    port,
    /** @returns the CPU time so far, in µs. */
    async switchTo(variant) {
      child.send(variant);
      const [used] = await once(child, 'message');
      return used;
    },
    stop: () => child.kill(),
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

function grpcClient(port, headers) {
  const Client = makeGenericClientConstructor(grpcServiceDefinition(DemoService), 'DemoService');
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = headers.map((value) => {
    const own = new Metadata();
    own.set('authorization', value);
    return own;
  });
  return {
    unary: (token) =>
      new Promise((resolve, reject) => {
        client.whoAmI({}, metadata[token], (error) => (error ? reject(error) : resolve()));
      }),
    stream: (token) =>
      new Promise((resolve, reject) => {
        const stream = client.countUp({ limit: 100 }, metadata[token]);
        let received = 0;
        stream.on('data', () => received++);
        stream.on('error', reject);
        stream.on('end', () => (received === 100 ? resolve() : reject(new Error(`${received} messages`))));
      }),
    close: () => client.close(),
  };
}

function connectClient(port, headers) {
  const baseUrl = `http://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  const client = createClient(DemoService, createConnectTransport({ baseUrl, httpVersion: '2', sessionManager }));
  return {
    unary: (token) => client.whoAmI({}, { headers: { authorization: headers[token] } }),
    close: () => sessionManager.abort(),
  };
}
