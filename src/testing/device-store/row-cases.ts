import type { DeviceRow } from '../../devices/store.js';
import { rowOf, walletOf } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

/** How far the times of rows may be from what the bench takes for the store's time, in milliseconds. */
const NEAR_MS = 10_000;

export const rowCases: readonly StoreCase[] = [
  {
    name: 'enter makes a row of what was presented, and says that it is new',
    async run(bench) {
      const node = await bench.node();
      const sighting = bench.sighting(bench.device(), { address: '192.0.2.1' });
      const entered = await node.store.enter(sighting);
      const { firstSeenMs, seenMs, ...row } = rowOf(entered);
      same(entered instanceof Object && entered.isNew, true, 'isNew of the first call');
      const { issuedAtMs: firstIssuedMs, ...facts } = sighting;
      same(row, { ...facts, firstIssuedMs, isConfirmed: false, label: '' }, 'its row');
      check(
        Math.abs(firstSeenMs - bench.nowMs()) < NEAR_MS,
        `firstSeenMs has to be the store's time: is ${firstSeenMs}`,
      );
      check(Math.abs(seenMs - bench.nowMs()) < NEAR_MS, `seenMs has to be the store's time: is ${seenMs}`);
      check(Number.isInteger(firstSeenMs), `firstSeenMs has to be whole milliseconds: is ${firstSeenMs}`);
    },
  },
  {
    name: 'enter of a device with a row answers the row as it was before this token, and renews it',
    async run(bench) {
      const node = await bench.node({ confirmAfterMs: 1_000 });
      const id = bench.device();
      const first = await bench.enter(node, id);
      const newer = { expiresAtMs: first.expiresAtMs + 5_000, issuedAtMs: first.firstIssuedMs + 1_000 };
      await bench.pass(20);
      const entered = await node.store.enter(bench.sighting(id, newer));
      same(entered, { row: first, isNew: false }, 'the second answer');
      const [row] = await node.store.read([id]);
      same(row?.expiresAtMs, newer.expiresAtMs, 'expiresAtMs after it');
      same(row?.isConfirmed, true, 'isConfirmed by it');
      same(row?.firstSeenMs, first.firstSeenMs, 'firstSeenMs after it');
      check((row?.seenMs ?? 0) > first.seenMs, 'seenMs has to be later after it');
    },
  },
  {
    name: 'renew keeps the newest end, in whatever order they come',
    async run(bench) {
      const node = await bench.node();
      const [one, two] = [bench.device(), bench.device()];
      const { expiresAtMs } = await bench.enter(node, one);
      await bench.enter(node, two, { expiresAtMs });
      const renewal = (deviceId: string, laterMs: number) => {
        return { deviceId, expiresAtMs: expiresAtMs + laterMs, issuedAtMs: -Infinity, address: undefined };
      };
      await node.store.renew([renewal(one, 1_000), renewal(one, 3_000), renewal(one, 2_000), renewal(two, 7_000)]);
      await node.store.renew([renewal(two, -1_000), renewal(one, 0)]);
      const rows = await node.store.read([one, two]);
      same(
        rows.map((row) => (row?.expiresAtMs ?? 0) - expiresAtMs),
        [3_000, 7_000],
        'the ends, from the first',
      );
    },
  },
  {
    name: 'renew moves seenMs, and the address only if it has one',
    async run(bench) {
      const node = await bench.node();
      const id = bench.device();
      const { expiresAtMs, seenMs } = await bench.enter(node, id, { address: '192.0.2.1' });
      const renewal = { deviceId: id, expiresAtMs, issuedAtMs: -Infinity };
      await bench.pass(20);
      await node.store.renew([{ ...renewal, address: undefined }]);
      const [seen] = await node.store.read([id]);
      check((seen?.seenMs ?? 0) > seenMs, 'seenMs has to be later after a renewal');
      same(seen?.address, '192.0.2.1', 'address after a renewal without one');
      await node.store.renew([{ ...renewal, address: '192.0.2.2' }]);
      const [moved] = await node.store.read([id]);
      same(moved?.address, '192.0.2.2', 'address after a renewal with one');
    },
  },
  {
    name: 'renew makes no row',
    async run(bench) {
      const node = await bench.node();
      const [never, gone] = [bench.device(), bench.device()];
      await bench.enter(node, gone);
      await node.store.remove(gone);
      const { expiresAtMs, issuedAtMs } = bench.sighting(never);
      await node.store.renew([never, gone].map((deviceId) => ({ deviceId, expiresAtMs, issuedAtMs, address: '::1' })));
      same(await node.store.read([never, gone]), [undefined, undefined], 'the rows');
      same([...(await node.store.list(walletOf(never))), ...(await node.store.list(walletOf(gone)))], [], 'the lists');
      same(await bench.outcome(node, never), 'new', 'enter afterwards');
    },
  },
  {
    name: 'a token confirms a device that was made confirmAfterMs after its first, and none before',
    async run(bench) {
      const node = await bench.node({ confirmAfterMs: 1_000 });
      const id = bench.device();
      const { firstIssuedMs, expiresAtMs } = await bench.enter(node, id);
      const steps = [-Infinity, firstIssuedMs, firstIssuedMs + 999, firstIssuedMs + 1_000, firstIssuedMs];
      const confirmed: unknown[] = [];
      for (const issuedAtMs of steps) {
        await node.store.renew([{ deviceId: id, expiresAtMs, issuedAtMs, address: undefined }]);
        confirmed.push((await node.store.read([id]))[0]?.isConfirmed);
      }
      same(
        confirmed,
        [false, false, false, true, true],
        'isConfirmed after no token, one as old, 999, 1000 and 0 ms later',
      );
    },
  },
  {
    name: 'edit changes a row that is there, and nothing but what was named',
    async run(bench) {
      const node = await bench.node();
      const [id, never] = [bench.device(), bench.device()];
      const row = await bench.enter(node, id);
      same(await node.store.edit(id, { label: 'Küche ☕' }), true, 'edit of a device with a row');
      same(await node.store.read([id]), [{ ...row, label: 'Küche ☕' }], 'the row after a label');
      same(await node.store.edit(id, { isConfirmed: true }), true, 'edit of a device with a row');
      same(
        await node.store.read([id]),
        [{ ...row, label: 'Küche ☕', isConfirmed: true }],
        'the row after a confirmation',
      );
      await node.store.edit(id, { label: '' });
      same(await node.store.read([id]), [{ ...row, isConfirmed: true }], 'the row after an empty label');
      same(await node.store.edit(never, { label: 'x' }), false, 'edit of a device without a row');
      same(await bench.outcome(node, never), 'new', 'enter after an edit of nothing');
    },
  },
  {
    name: 'remove ends a row once, and its device comes back as a new one',
    async run(bench) {
      const node = await bench.node();
      const [id, sibling] = bench.devices(2) as [string, string];
      await bench.enter(node, id);
      await bench.enter(node, sibling);
      await node.store.edit(id, { label: 'old', isConfirmed: true });
      same(await node.store.remove(id), true, 'remove of a device with a row');
      same(await node.store.remove(id), false, 'remove once more');
      same(await node.store.edit(id, { label: 'x' }), false, 'edit of the removed row');
      same(
        (await node.store.read([id, sibling])).map((row) => row?.deviceId),
        [undefined, sibling],
        'the rows',
      );
      same(
        (await node.store.list(walletOf(id))).map((row) => row.deviceId),
        [sibling],
        'the list',
      );
      const entered = await node.store.enter(bench.sighting(id));
      same(entered instanceof Object && entered.isNew, true, 'isNew when it comes back');
      const { label, isConfirmed } = rowOf(entered);
      same({ label, isConfirmed }, { label: '', isConfirmed: false }, 'the new row');
    },
  },
  {
    name: 'read answers in the order of the ids, and undefined for a device without a row',
    async run(bench) {
      const node = await bench.node();
      const [a, b, c] = bench.devices(3) as [string, string, string];
      const rowA = await bench.enter(node, a);
      const rowC = await bench.enter(node, c, { certifiedAtMs: undefined, address: '2001:db8::1' });
      same(await node.store.read([c, b, a, c]), [rowC, undefined, rowA, rowC], 'the rows');
      same(await node.store.read([]), [], 'the rows of nothing');
    },
  },
  {
    name: 'list has the rows of a wallet and of no other',
    async run(bench) {
      const node = await bench.node();
      const ids = bench.devices(3);
      const rows: DeviceRow[] = [];
      for (const id of ids) rows.push(await bench.enter(node, id));
      await bench.enter(node, bench.device());
      const listed = await node.store.list(walletOf(ids[0] ?? ''));
      same(listed.toSorted(byId), rows.toSorted(byId), 'the list');
      same(await node.store.list(bench.wallet()), [], 'the list of a wallet without devices');
    },
  },
  {
    name: 'every row of a device is later than the one before',
    async run(bench) {
      const node = await bench.node();
      const id = bench.device();
      await laterEachTime(5, async () => {
        const { firstSeenMs } = await bench.enter(node, id);
        await node.store.remove(id);
        return firstSeenMs;
      });
    },
  },
  {
    name: 'every row of a device is later than the one before, also when the clock is put back',
    needs: 'clock',
    async run(bench) {
      const node = await bench.node();
      const id = bench.device();
      await laterEachTime(5, async () => {
        const { firstSeenMs } = await bench.enter(node, id);
        await node.store.remove(id);
        await bench.pass(-3_600_000);
        return firstSeenMs;
      });
    },
  },
  {
    name: 'close may be called twice',
    async run(bench) {
      const node = await bench.node();
      await bench.enter(node, bench.device());
      await Promise.all([node.store.close(), node.store.close()]);
      await node.store.close();
    },
  },
];

function byId(a: DeviceRow, b: DeviceRow): number {
  return a.deviceId < b.deviceId ? -1 : 1;
}

async function laterEachTime(times: number, next: () => Promise<number>): Promise<void> {
  let lastMs = -Infinity;
  for (let i = 0; i < times; i++) {
    const firstSeenMs = await next();
    check(firstSeenMs > lastMs, `firstSeenMs has to grow from row to row: ${firstSeenMs} came after ${lastMs}`);
    lastMs = firstSeenMs;
  }
}
