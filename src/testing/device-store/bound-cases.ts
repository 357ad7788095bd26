import { walletOf } from './bench.js';
import { same } from './check.js';
import type { StoreCase } from './store-case.js';

/** How many rows there may be. */
export const boundCases: readonly StoreCase[] = [
  {
    name: 'a wallet has devicesPerWallet devices, and room for another when one is gone',
    async run(bench) {
      const node = await bench.node({ devicesPerWallet: 2 });
      const [a, b, c] = bench.devices(3) as [string, string, string];
      for (const id of [a, b]) same(await bench.outcome(node, id), 'new', 'enter below the limit');
      same(await bench.outcome(node, c), 'limit', 'enter of one more');
      same(await bench.outcome(node, a), 'known', 'enter of one that has a row');
      same(await bench.outcome(node, bench.device()), 'new', 'enter of a device of another wallet');
      same(await node.store.read([c]), [undefined], 'the row of one more');
      await node.store.remove(a);
      same(await bench.outcome(node, c), 'new', 'enter after one was removed');
      await node.store.revoke([{ deviceId: b }]);
      same(await bench.outcome(node, a), 'new', 'enter after one was revoked');
    },
  },
  {
    name: 'a store that has as many devices as it may takes no more',
    async run(bench) {
      const node = await bench.node({ devices: 2 });
      const [a, b, c] = [bench.device(), bench.device(), bench.device()];
      for (const id of [a, b]) same(await bench.outcome(node, id), 'new', 'enter below the bound');
      same(await bench.outcome(node, c), 'full', 'enter of one more');
      same(await bench.outcome(node, b), 'known', 'enter of one that has a row');
      same(await node.store.read([c]), [undefined], 'the row of one more');
      await node.store.remove(a);
      same(await bench.outcome(node, c), 'new', 'enter after one was removed');
    },
  },
  {
    name: 'unconfirmed devices whose token has ended make room, and the node is told',
    async run(bench) {
      const node = await bench.node({ devices: 3 });
      const endedMs = Math.floor(bench.nowMs()) - 10_000;
      const [ended, confirmed, current, next, another] = bench.devices(5) as [string, string, string, string, string];
      for (const id of [ended, confirmed]) await bench.enter(node, id, { expiresAtMs: endedMs });
      await node.store.edit(confirmed, { isConfirmed: true });
      await bench.enter(node, current);
      same(await bench.outcome(node, next), 'new', 'enter of one more');
      same(await node.store.read([ended]), [undefined], 'the row that made room');
      await bench.eventually(
        () => node.copy.gone.has(ended),
        'purged() has to be called with the device that made room',
      );
      same(await bench.outcome(node, another), 'full', 'enter when all others are confirmed or have a token');
      const left = (await node.store.list(walletOf(next))).map((row) => row.deviceId);
      same(left.toSorted(), [confirmed, current, next].toSorted(), 'the rows that are left');
    },
  },
];
