import { walletOf, type Bench, type TestNode } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

/** Wallets of which all is revoked until a time. */
export const walletCases: readonly StoreCase[] = [
  {
    name: 'revokeWallet ends all rows of a wallet and of no other',
    async run(bench) {
      const node = await bench.node();
      const ids = bench.devices(3);
      const [other, never] = [bench.device(), bench.device(walletOf(ids[0] ?? ''))];
      for (const id of [...ids, other]) await bench.enter(node, id);
      same(await node.store.revokeWallet(walletOf(never), undefined), { changed: true }, 'the answer');
      same(await node.store.list(walletOf(never)), [], 'the list of the wallet');
      for (const id of ids) same(await bench.outcome(node, id), 'revoked', 'enter of a device that it had');
      same(await bench.outcome(node, never), 'revoked', 'enter of a device that it certified before');
      same(await bench.outcome(node, never, { certifiedAtMs: undefined }), 'revoked', 'enter without a certified time');
      same(await bench.outcome(node, other), 'known', 'enter of a device of another wallet');
    },
  },
  {
    name: 'revokeWallet spares the survivor, whose row stays as it is',
    async run(bench) {
      const node = await bench.node();
      const [survivor, other] = bench.devices(2) as [string, string];
      const row = await bench.enter(node, survivor);
      await bench.enter(node, other);
      await node.store.revokeWallet(walletOf(survivor), survivor);
      same(await node.store.list(walletOf(survivor)), [row], 'the list');
      same(await bench.outcome(node, survivor), 'known', 'enter of the survivor');
      same(await bench.outcome(node, other), 'revoked', 'enter of the other');
      const atMs = await toldOf(bench, node, walletOf(survivor));
      same(node.copy.epochOf(walletOf(survivor)), { atMs, survivor }, 'what the node was told');
      await node.store.remove(survivor);
      same(await bench.outcome(node, survivor), 'new', 'enter of the survivor after its row was removed');
    },
  },
  {
    name: 'a device that is certified after revokeWallet enters, later than its time',
    async run(bench) {
      const node = await bench.node();
      const [old, fresh] = bench.devices(2) as [string, string];
      await bench.enter(node, old);
      await node.store.revokeWallet(walletOf(old), undefined);
      const atMs = await toldOf(bench, node, walletOf(old));
      same(
        await bench.outcome(node, fresh, { certifiedAtMs: atMs }),
        'revoked',
        'enter with a certificate of that time',
      );
      for (const id of [fresh, old]) {
        const { firstSeenMs } = await bench.enter(node, id, { certifiedAtMs: atMs + 1 });
        check(firstSeenMs > atMs, `a later row has to be later than ${atMs}: is ${firstSeenMs}`);
      }
      same(
        node.copy.isRevoked(walletOf(old), { deviceId: fresh, firstSeenMs: atMs + 1, certifiedAtMs: atMs + 1 }),
        false,
        'isRevoked',
      );
    },
  },
  {
    name: 'devices whose certificate is dated later than revokeWallet are revoked by id',
    async run(bench) {
      const node = await bench.node();
      const [ahead, survivor] = bench.devices(2) as [string, string];
      const certifiedAtMs = Math.floor(bench.nowMs()) + 30_000;
      for (const id of [ahead, survivor]) await bench.enter(node, id, { certifiedAtMs });
      await node.store.revokeWallet(walletOf(ahead), survivor);
      same(await bench.outcome(node, ahead, { certifiedAtMs }), 'revoked', 'enter of the device');
      same(await bench.outcome(node, survivor, { certifiedAtMs }), 'known', 'enter of the survivor');
      await bench.eventually(() => node.copy.has(ahead), 'revoked() has to be called with the id of the device');
      same(node.copy.has(survivor), false, 'whether the survivor is revoked by id');
    },
  },
  {
    name: 'a fact of a wallet revokes by id devices whose certificate is dated later, if it is news',
    async run(bench) {
      const node = await bench.node();
      const [before, since] = bench.devices(2) as [string, string];
      const wallet = walletOf(before);
      const { firstSeenMs } = await bench.enter(node, before, { certifiedAtMs: Math.floor(bench.nowMs()) + 30_000 });
      const fact = { wallet, atMs: firstSeenMs, survivor: undefined };
      await node.store.revoke([fact]);
      const certifiedAtMs = firstSeenMs + 1;
      same(await bench.outcome(node, before, { certifiedAtMs }), 'revoked', 'enter of a device that was there');
      await bench.eventually(() => node.copy.has(before), 'revoked() has to be called with the id of the device');
      const row = await bench.enter(node, since, { certifiedAtMs });
      check(row.firstSeenMs > firstSeenMs, 'a row that is made later has to be later than the time');
      for (const atMs of [firstSeenMs, firstSeenMs - 1]) await node.store.revoke([{ ...fact, atMs }]);
      same(await node.store.list(wallet), [row], 'the list after facts that are no news');
      same(node.copy.has(since), false, 'whether the later device is revoked by id');
    },
  },
  {
    name: 'revokeWallet chooses a later time each time, and rows come after it',
    async run(bench) {
      const node = await bench.node();
      const ids = bench.devices(4);
      await laterAndLater(bench, node, ids);
    },
  },
  {
    name: 'revokeWallet chooses a later time each time, also when the clock is put back',
    needs: 'clock',
    async run(bench) {
      const node = await bench.node();
      // not so far that the certificates would be dated too far ahead of the node's clock
      await laterAndLater(bench, node, bench.devices(4), () => bench.pass(-10_000));
    },
  },
  {
    name: 'revokeWallet covers rows that were made before the clock was put back',
    needs: 'clock',
    async run(bench) {
      const node = await bench.node();
      const [id, other] = bench.devices(2) as [string, string];
      const { firstSeenMs } = await bench.enter(node, id);
      await bench.pass(-3_600_000);
      await node.store.revokeWallet(walletOf(id), undefined);
      const atMs = await toldOf(bench, node, walletOf(id));
      check(atMs >= firstSeenMs, `its time has to be ${firstSeenMs} or later: is ${atMs}`);
      same(await node.store.read([id]), [undefined], 'the row');
      same(await bench.outcome(node, other), 'revoked', 'enter of another device');
    },
  },
  {
    name: 'a device that was revoked with its wallet does not come back as a survivor',
    async run(bench) {
      const node = await bench.node();
      const id = bench.device();
      await bench.enter(node, id);
      await node.store.revokeWallet(walletOf(id), undefined);
      await node.store.revokeWallet(walletOf(id), id);
      same(await bench.outcome(node, id), 'revoked', 'enter');
    },
  },
];

/** Waits until a node was told of a wallet. @returns the time. */
async function toldOf(bench: Bench, { copy }: TestNode, wallet: string): Promise<number> {
  await bench.eventually(() => copy.epochOf(wallet) !== undefined, 'revoked() has to be called with the wallet');
  return copy.epochOf(wallet)?.atMs ?? NaN;
}

/** Enters devices of a wallet one after the other, each of which ends the one before. */
async function laterAndLater(
  bench: Bench,
  node: TestNode,
  ids: readonly string[],
  next = async (): Promise<void> => undefined,
): Promise<void> {
  const wallet = walletOf(ids[0] ?? '');
  let lastMs = -Infinity;
  for (const id of ids) {
    const { changed } = await node.store.revokeWallet(wallet, undefined);
    same(changed, true, 'changed by a later time');
    await bench.eventually(
      () => (node.copy.epochOf(wallet)?.atMs ?? lastMs) > lastMs,
      `a time has to be later than ${lastMs}`,
    );
    const atMs = node.copy.epochOf(wallet)?.atMs ?? NaN;
    same((await node.store.list(wallet)).length, 0, 'the number of rows afterwards');
    await next();
    const { firstSeenMs } = await bench.enter(node, id, { certifiedAtMs: atMs + 1 });
    check(firstSeenMs > atMs, `a row has to be later than ${atMs}: is ${firstSeenMs}`);
    lastMs = firstSeenMs - 1;
  }
}
