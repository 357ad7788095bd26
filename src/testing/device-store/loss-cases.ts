import type { DeviceRow } from '../../devices/store.js';
import { walletOf, type Bench } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

/** What a store has lost, and how it gets that back. */
export const lossCases: readonly StoreCase[] = [
  {
    name: 'restore makes rows as they were',
    async run(bench) {
      const node = await bench.node();
      const rows = bench.devices(3).map((id, i) => oldRow(bench, id, { isConfirmed: i === 1, label: `row ${i}` }));
      await node.store.restore(rows);
      same(await node.store.read(rows.map(({ deviceId }) => deviceId)), rows, 'the rows');
      same((await node.store.list(rows[0]?.wallet ?? '')).length, rows.length, 'the length of the list');
      same(await bench.outcome(node, rows[0]?.deviceId ?? ''), 'known', 'enter of one of them');
    },
  },
  {
    name: 'restore leaves devices alone that have a row, or are revoked',
    async run(bench) {
      const node = await bench.node();
      const [here, byId, byWallet] = [bench.device(), bench.device(), bench.device()];
      const row = await bench.enter(node, here);
      await node.store.revoke([{ deviceId: byId }]);
      await node.store.revokeWallet(walletOf(byWallet), undefined);
      await node.store.restore([here, byId, byWallet].map((id) => oldRow(bench, id, { label: 'old' })));
      same(await node.store.read([here, byId, byWallet]), [row, undefined, undefined], 'the rows');
      for (const id of [byId, byWallet]) same(await bench.outcome(node, id), 'revoked', 'enter of a revoked device');
    },
  },
  {
    name: 'rows that were restored are purged, revoked and followed by later ones as all others',
    async run(bench) {
      const node = await bench.node({ unconfirmedMs: 1_000, idleMs: 100 });
      const [ended, idle, revoked, removed] = bench.devices(4) as [string, string, string, string];
      const expiresAtMs = Math.floor(bench.nowMs()) - 60_000;
      const later = await bench.enter(node, removed);
      await node.store.remove(removed);
      await node.store.restore([
        oldRow(bench, ended, { expiresAtMs }),
        oldRow(bench, idle, { expiresAtMs, isConfirmed: true, seenMs: expiresAtMs }),
        oldRow(bench, revoked),
        oldRow(bench, removed, { firstSeenMs: later.firstSeenMs + 1 }),
      ]);
      same((await node.store.purge(100)).toSorted(), [ended, idle].toSorted(), 'what is purged');
      await node.store.revoke([{ deviceId: revoked }]);
      same(await node.store.remove(removed), true, 'remove of a restored row');
      const { firstSeenMs } = await bench.enter(node, removed);
      check(
        firstSeenMs > later.firstSeenMs + 1,
        `the next row has to be later than the restored one: is ${firstSeenMs}`,
      );
      same(
        (await node.store.list(walletOf(ended))).map((row) => row.deviceId),
        [removed],
        'the rows that are left',
      );
    },
  },
  {
    name: 'nodes hear that data was lost, and then again that they are fresh',
    needs: 'loss',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      await one.store.revoke([{ deviceId: bench.device() }]);
      await bench.eventually(() => two.copy.content().length === 1, 'revoked() has to be called on the other node');
      await bench.lose();
      for (const { copy } of [one, two]) {
        await bench.eventually(() => copy.log.includes('lost'), 'lost() has to be called');
        const isFresh = () => copy.log.lastIndexOf('fresh') > copy.log.lastIndexOf('lost');
        await bench.eventually(isFresh, 'fresh() has to be called after lost()');
      }
    },
  },
  {
    name: 'a store that has lost its data takes back what nodes know',
    needs: 'loss',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      const [byId, survivor, other] = [bench.device(), ...bench.devices(2)] as [string, string, string];
      const next = bench.device();
      for (const id of [byId, survivor, other]) await bench.enter(one, id);
      await one.store.edit(survivor, { label: 'kept', isConfirmed: true });
      await one.store.revoke([{ deviceId: byId }]);
      await one.store.revokeWallet(walletOf(survivor), survivor);
      await bench.eventually(() => one.copy.content().length === 2, 'revoked() has to be called on the node itself');
      const rows = await one.store.read([survivor]);
      const known = one.copy.content();
      await bench.lose();
      await bench.eventually(() => one.copy.log.includes('lost'), 'lost() has to be called');
      await one.store.revoke(one.copy.facts());
      await one.store.restore(rows.flatMap((row) => row ?? []));
      for (const node of [two, await bench.node()]) {
        await bench.eventually(
          () => String(node.copy.content()) === String(known),
          'every node has to know what was put back',
        );
        for (const id of [byId, other]) same(await bench.outcome(node, id), 'revoked', 'enter of a revoked device');
      }
      same(await two.store.read([survivor, other]), [rows[0], undefined], 'the rows');
      await one.store.revoke([{ deviceId: next }]);
      await bench.eventually(() => two.copy.has(next), 'nodes have to hear of what is revoked after a loss');
    },
  },
];

/** A row of a store that has lost it: first seen ten minutes ago, an hour before the end of its token. */
function oldRow(bench: Bench, deviceId: string, facts: Partial<DeviceRow> = {}): DeviceRow {
  const nowMs = Math.floor(bench.nowMs());
  return {
    deviceId,
    wallet: walletOf(deviceId),
    firstSeenMs: nowMs - 600_000,
    seenMs: nowMs - 300_000,
    firstIssuedMs: nowMs - 601_000,
    expiresAtMs: nowMs + 3_600_000,
    certifiedAtMs: nowMs - 700_000,
    isConfirmed: false,
    label: '',
    address: '192.0.2.1',
    ...facts,
  };
}
