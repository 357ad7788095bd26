import { walletOf } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

/** Wallets that are forgotten. */
export const eraseCases: readonly StoreCase[] = [
  {
    name: 'erase ends all rows of a wallet and of no other, and they come back as new ones',
    async run(bench) {
      const node = await bench.node();
      const ids = bench.devices(3);
      const [id = ''] = ids;
      const other = bench.device();
      const rows = [];
      for (const each of ids) rows.push(await bench.enter(node, each, { address: '192.0.2.1' }));
      const otherRow = await bench.enter(node, other);
      await node.store.edit(id, { label: 'phone', isConfirmed: true });
      same([...(await node.store.erase(walletOf(id)))].toSorted(), ids.toSorted(), 'the answer');
      same(await node.store.read([...ids, other]), [undefined, undefined, undefined, otherRow], 'the rows');
      same(await node.store.list(walletOf(id)), [], 'the list');
      same(await node.store.erase(walletOf(id)), [], 'the answer to once more');
      const again = await bench.enter(node, id);
      const { label, isConfirmed, address } = again;
      same({ label, isConfirmed, address }, { label: '', isConfirmed: false, address: undefined }, 'the new row');
      check(again.firstSeenMs > (rows[0]?.firstSeenMs ?? Infinity), 'the new row has to be later than the old one');
    },
  },
  {
    name: 'erase keeps what is revoked',
    async run(bench) {
      const node = await bench.node();
      const [survivor, revoked, before] = bench.devices(3) as [string, string, string];
      for (const id of [survivor, revoked]) await bench.enter(node, id);
      await node.store.revoke([{ deviceId: revoked }]);
      await node.store.revokeWallet(walletOf(survivor), survivor);
      same(await node.store.erase(walletOf(survivor)), [survivor], 'the answer');
      const certifiedAtMs = Math.floor(bench.nowMs()) + 50_000;
      same(await bench.outcome(node, revoked, { certifiedAtMs }), 'revoked', 'enter of the revoked device');
      same(await bench.outcome(node, before), 'revoked', 'enter of a device that the wallet certified before');
      same(await bench.outcome(node, survivor), 'new', 'enter of the survivor');
    },
  },
  {
    name: 'erase leaves rows to their clean-ups, as purged',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const id = bench.device();
      const { firstSeenMs } = await bench.enter(node, id);
      same(await node.store.erase(walletOf(id)), [id], 'the answer');
      same(await bench.outcome(node, id), 'cleaning', 'enter before the clean-up');
      const [claim] = await node.store.claim(10, 60_000);
      same([claim?.deviceId, claim?.cause, claim?.incarnation], [id, 'purged', firstSeenMs], 'the clean-up');
      same(claim && (await node.store.finish(claim)), true, 'the answer of finish');
      same(await bench.outcome(node, id), 'new', 'enter after the clean-up');
    },
  },
  {
    name: 'other nodes hear what was erased, or that they may have missed it',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      const id = bench.device();
      await bench.enter(one, id);
      const before = two.copy.timesMissed;
      await one.store.erase(walletOf(id));
      const hasHeard = () => two.copy.gone.has(id) || two.copy.timesMissed > before;
      await bench.eventually(hasHeard, 'purged() or missed() has to be called on the other node');
    },
  },
  {
    name: 'after erase, nodes that open later hear of revoked devices by key, not by id',
    needs: 'shared',
    async run(bench) {
      const node = await bench.node();
      const id = bench.device();
      await bench.enter(node, id);
      await node.store.revoke([{ deviceId: id }]);
      await node.store.erase(walletOf(id));
      const late = await bench.node();
      same(late.copy.has(id), true, 'whether a node that opens later knows that it is revoked');
      same(late.copy.toldIds.has(id), false, 'whether it was told its id');
    },
  },
];
