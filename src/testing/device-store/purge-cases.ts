import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

const LONG_MS = 3_600_000;

/** Rows that end because their devices do not come any more. */
export const purgeCases: readonly StoreCase[] = [
  {
    name: 'purge ends unconfirmed rows unconfirmedMs after their token, and no others',
    async run(bench) {
      const node = await bench.node({ unconfirmedMs: 60_000, idleMs: 2 * LONG_MS });
      const nowMs = Math.floor(bench.nowMs());
      const [long, lately, confirmed, current] = bench.devices(4) as [string, string, string, string];
      for (const id of [long, confirmed]) await bench.enter(node, id, { expiresAtMs: nowMs - 120_000 });
      await node.store.edit(confirmed, { isConfirmed: true });
      await bench.enter(node, lately, { expiresAtMs: nowMs - 10_000 });
      await bench.enter(node, current);
      same(await node.store.purge(100), [long], 'what is purged');
      same(await node.store.purge(100), [], 'what is purged then');
      const rows = await node.store.read([long, lately, confirmed, current]);
      same(
        rows.map((row) => row !== undefined),
        [false, true, true, true],
        'which rows are left',
      );
      same(await bench.outcome(node, long), 'new', 'enter of the purged device');
    },
  },
  {
    name: 'purge keeps an unconfirmed row whose token was renewed',
    async run(bench) {
      const node = await bench.node({ unconfirmedMs: 60_000 });
      const nowMs = Math.floor(bench.nowMs());
      const id = bench.device();
      await bench.enter(node, id, { expiresAtMs: nowMs - 120_000 });
      await node.store.renew([{ deviceId: id, expiresAtMs: nowMs + LONG_MS, issuedAtMs: nowMs, address: undefined }]);
      same(await node.store.purge(100), [], 'what is purged');
    },
  },
  {
    name: 'purge ends confirmed rows that were not seen for idleMs, and not those that were',
    async run(bench) {
      const node = await bench.node({ idleMs: 400 });
      const nowMs = Math.floor(bench.nowMs());
      const [idle, seen, current] = bench.devices(3) as [string, string, string];
      for (const id of [idle, seen, current]) {
        const expiresAtMs = id === current ? nowMs + LONG_MS : nowMs - 10_000;
        await bench.enter(node, id, { expiresAtMs });
        await node.store.edit(id, { isConfirmed: true });
      }
      same(await node.store.purge(100), [], 'what is purged at once');
      await bench.pass(300);
      await node.store.renew([{ deviceId: seen, expiresAtMs: 0, issuedAtMs: -Infinity, address: undefined }]);
      await bench.pass(200);
      same(await node.store.purge(100), [idle], 'what is purged');
      const rows = await node.store.read([idle, seen, current]);
      same(
        rows.map((row) => row !== undefined),
        [false, true, true],
        'which rows are left',
      );
      await bench.pass(500);
      same(await node.store.purge(100), [seen], 'what is purged later');
    },
  },
  {
    name: 'purge ends so many rows at most',
    async run(bench) {
      const node = await bench.node({ unconfirmedMs: 1_000 });
      const ids = bench.devices(5);
      for (const id of ids) await bench.enter(node, id, { expiresAtMs: Math.floor(bench.nowMs()) - 60_000 });
      const purged: string[] = [];
      for (const most of [0, 2, 2, 2]) {
        const some = await node.store.purge(most);
        check(some.length <= most, `purge(${most}) may end ${most} rows: it ended ${some.length}`);
        purged.push(...some);
      }
      same(purged.toSorted(), ids.toSorted(), 'what is purged in turn');
    },
  },
  {
    name: 'other nodes hear what was purged, or that they may have missed it',
    needs: 'shared',
    async run(bench) {
      const settings = { unconfirmedMs: 1_000 };
      const [one, two] = [await bench.node(settings), await bench.node(settings)];
      const id = bench.device();
      await bench.enter(one, id, { expiresAtMs: Math.floor(bench.nowMs()) - 60_000 });
      const before = two.copy.timesMissed;
      same(await one.store.purge(100), [id], 'what is purged');
      const hasHeard = () => two.copy.gone.has(id) || two.copy.timesMissed > before;
      await bench.eventually(hasHeard, 'purged() or missed() has to be called on the other node');
    },
  },
];
