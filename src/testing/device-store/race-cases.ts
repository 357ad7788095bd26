import { walletOf, type Bench, type TestNode } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

const ROUNDS = 20;
const CALLS = 10;

/** What happens at the same time. */
export const raceCases: readonly StoreCase[] = [
  {
    name: 'concurrent calls of a device make one row, and one of them is told that it is new',
    run: async (bench) => oneRow(bench, [await bench.node()]),
  },
  {
    name: 'concurrent calls of a device on two nodes make one row',
    needs: 'shared',
    run: async (bench) => oneRow(bench, [await bench.node(), await bench.node()]),
  },
  {
    name: 'enter at the same time as revoke leaves no row of a revoked device',
    async run(bench) {
      const node = await bench.node();
      await noRowLeft(bench, node, node);
    },
  },
  {
    name: 'enter at the same time as revoke on another node leaves no row of a revoked device',
    needs: 'shared',
    run: async (bench) => noRowLeft(bench, await bench.node(), await bench.node()),
  },
  {
    name: 'enter at the same time as revokeWallet leaves no row of a revoked device',
    async run(bench) {
      const node = await bench.node();
      await noRowOfWalletLeft(bench, node, node);
    },
  },
  {
    name: 'enter at the same time as revokeWallet on another node leaves no row of a revoked device',
    needs: 'shared',
    run: async (bench) => noRowOfWalletLeft(bench, await bench.node(), await bench.node()),
  },
  {
    name: 'devicesPerWallet holds for calls that come at the same time',
    run: async (bench) => withinLimit(bench, [await bench.node({ devicesPerWallet: 3 })]),
  },
  {
    name: 'devicesPerWallet holds for calls that come at the same time on two nodes',
    needs: 'shared',
    run: async (bench) =>
      withinLimit(bench, [await bench.node({ devicesPerWallet: 3 }), await bench.node({ devicesPerWallet: 3 })]),
  },
];

async function oneRow(bench: Bench, nodes: readonly TestNode[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const id = bench.device();
    const sighting = bench.sighting(id);
    const calls = nodes.flatMap(({ store }) => Array.from({ length: CALLS }, () => store.enter(sighting)));
    const answers = await Promise.all(calls);
    const rows = answers.flatMap((entered) => (entered instanceof Object ? entered.row.firstSeenMs : []));
    same(rows.length, calls.length, 'the number of calls that got a row');
    same(new Set(rows).size, 1, 'the number of different firstSeenMs');
    const newOnes = answers.filter((entered) => entered instanceof Object && entered.isNew);
    same(newOnes.length, 1, 'the number of calls for which the device is new');
    same((await nodes[0]?.store.list(walletOf(id)))?.length, 1, 'the number of rows');
  }
}

async function noRowLeft(bench: Bench, entering: TestNode, revoking: TestNode): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const id = bench.device();
    if (round % 4 === 0) await bench.enter(entering, id);
    const calls = [
      () => entering.store.enter(bench.sighting(id)),
      () => revoking.store.revoke([{ deviceId: id }]),
      () => entering.store.enter(bench.sighting(id)),
    ];
    const inOrder = round % 2 === 0 ? calls : calls.toReversed();
    await Promise.all(inOrder.map((call) => call()));
    for (const node of [entering, revoking]) {
      same(await node.store.read([id]), [undefined], 'the row of a revoked device');
      same(await bench.outcome(node, id), 'revoked', 'enter of a revoked device');
    }
  }
}

async function noRowOfWalletLeft(bench: Bench, entering: TestNode, revoking: TestNode): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const ids = bench.devices(4);
    const wallet = walletOf(ids[0] ?? '');
    const calls = [
      ...ids.map((id) => () => entering.store.enter(bench.sighting(id))),
      () => revoking.store.revokeWallet(wallet, undefined),
    ];
    const from = round % calls.length;
    await Promise.all([...calls.slice(from), ...calls.slice(0, from)].map((call) => call()));
    same(await entering.store.list(wallet), [], 'the list of a revoked wallet');
    for (const id of ids)
      same(await bench.outcome(entering, id), 'revoked', 'enter of a device that it certified before');
  }
}

async function withinLimit(bench: Bench, nodes: readonly TestNode[]): Promise<void> {
  const ids = bench.devices(CALLS);
  const answers = await Promise.all(
    ids.map((id, i) => (nodes[i % nodes.length] as TestNode).store.enter(bench.sighting(id))),
  );
  same(answers.filter((entered) => entered instanceof Object).length, 3, 'the number of devices that got a row');
  check(
    answers.every((entered) => entered instanceof Object || entered === 'limit'),
    'the others have to get "limit"',
  );
  same((await nodes[0]?.store.list(walletOf(ids[0] ?? '')))?.length, 3, 'the number of rows');
}
