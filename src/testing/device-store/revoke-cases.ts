import { revocationKey } from '../../devices/revocation/revocations.js';
import { walletOf } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

/** Devices that are revoked one by one. */
export const revokeCases: readonly StoreCase[] = [
  {
    name: 'revoke ends the row of a device, which never enters again',
    async run(bench) {
      const node = await bench.node();
      const [id, sibling] = bench.devices(2) as [string, string];
      await bench.enter(node, id);
      await bench.enter(node, sibling);
      same(await node.store.revoke([{ deviceId: id }]), { changed: true }, 'the answer');
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
      same(await node.store.edit(id, { label: 'x' }), false, 'edit of the revoked device');
      same(await node.store.remove(id), false, 'remove of the revoked device');
      same(await bench.outcome(node, id), 'revoked', 'enter of the revoked device');
      const certifiedAtMs = bench.sighting(id).issuedAtMs;
      same(await bench.outcome(node, id, { certifiedAtMs }), 'revoked', 'enter with a new certificate');
      same(await bench.outcome(node, sibling), 'known', 'enter of another device of its wallet');
    },
  },
  {
    name: 'a device that was never here can be revoked',
    async run(bench) {
      const node = await bench.node();
      const id = bench.device();
      same(await node.store.revoke([{ deviceId: id }]), { changed: true }, 'the answer');
      same(await bench.outcome(node, id), 'revoked', 'enter');
      same(await node.store.read([id]), [undefined], 'its row');
    },
  },
  {
    name: 'revoke tells the node that called it',
    async run(bench) {
      const { store, copy } = await bench.node();
      const [byId, byKey] = [bench.device(), bench.device()];
      const wallet = bench.wallet();
      const atMs = Math.floor(bench.nowMs()) - 1_000;
      await store.revoke([{ deviceId: byId }, { key: revocationKey(byKey) }, { wallet, atMs, survivor: undefined }]);
      await bench.eventually(() => copy.has(byId), 'revoked() has to be called with the device');
      await bench.eventually(() => copy.has(byKey), 'revoked() has to be called with the key');
      await bench.eventually(() => copy.epochOf(wallet)?.atMs === atMs, 'revoked() has to be called with the wallet');
    },
  },
  {
    name: 'a device is revoked by its key alone, with a row and without',
    async run(bench) {
      const node = await bench.node();
      const [here, never, other] = bench.devices(3) as [string, string, string];
      await bench.enter(node, here);
      await bench.enter(node, other);
      await node.store.revoke([{ key: revocationKey(here) }, { key: revocationKey(never) }]);
      same(
        (await node.store.read([here, other])).map((row) => row?.deviceId),
        [undefined, other],
        'the rows',
      );
      same(await bench.outcome(node, here), 'revoked', 'enter of the device with a row');
      same(await bench.outcome(node, never), 'revoked', 'enter of the device without');
      same(await bench.outcome(node, other), 'known', 'enter of another device');
    },
  },
  {
    name: 'revoke answers whether any of the facts is news',
    async run(bench) {
      const node = await bench.node();
      const [a, b, c] = [bench.device(), bench.device(), bench.device()];
      await bench.enter(node, c);
      const wallet = bench.wallet();
      const atMs = Math.floor(bench.nowMs()) - 1_000;
      const until = (timeMs: number) => ({ wallet, atMs: timeMs, survivor: undefined });
      const changed = async (...facts: Parameters<typeof node.store.revoke>[0]) =>
        (await node.store.revoke(facts)).changed;
      same(await changed({ deviceId: a }), true, 'changed by a device');
      same(await changed({ deviceId: a }), false, 'changed by the same device');
      same(await changed({ deviceId: a }, { deviceId: b }), true, 'changed by it and another');
      same(await changed({ key: revocationKey(c) }), true, 'changed by the key of a device with a row');
      same(await changed({ key: revocationKey(c) }), false, 'changed by the same key');
      same(await changed({ deviceId: c }), false, 'changed by the device of a known key');
      same(await changed(until(atMs)), true, 'changed by a wallet');
      same(await changed(until(atMs)), false, 'changed by the same time of a wallet');
      same(await changed(until(atMs - 1)), false, 'changed by an earlier time');
      same(await changed(until(atMs + 1)), true, 'changed by a later time');
      same(await changed({ deviceId: a }, until(atMs + 1)), false, 'changed by nothing but known facts');
      same(await changed(), false, 'changed by no facts');
    },
  },
  {
    name: 'a great many facts at once',
    async run(bench) {
      const node = await bench.node();
      const ids = bench.devices(3_000);
      const there = ids.filter((_, i) => i % 100 === 0);
      for (const id of there) await bench.enter(node, id);
      same(await node.store.revoke(ids.map((deviceId) => ({ deviceId }))), { changed: true }, 'the answer');
      same(await node.store.list(walletOf(ids[0] ?? '')), [], 'the list of their wallet');
      for (const id of [ids[0], ids[1], ids.at(-1)])
        same(await bench.outcome(node, id ?? ''), 'revoked', 'enter of one of them');
      await bench.eventually(() => ids.every((id) => node.copy.has(id)), 'revoked() has to be called with all of them');
      check(node.copy.facts().length === ids.length, 'revoked() has to be called with nothing else');
    },
  },
];
