import { revocationKey } from '../../devices/revocation/revocations.js';
import { walletOf } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

const HOUR_MS = 3_600_000;
/** Far less than an hour, and more than any case takes, in milliseconds. */
const CLOSE_MS = 600_000;

/** What nodes have in common. */
export const sharedCases: readonly StoreCase[] = [
  {
    name: 'what one node revokes, the others hear, and one that opens later knows it from the start',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      const [byId, byKey, survivor] = [bench.device(), bench.device(), bench.device()];
      const wallet = walletOf(survivor);
      await bench.enter(one, survivor);
      await one.store.revoke([{ deviceId: byId }, { key: revocationKey(byKey) }]);
      await one.store.revokeWallet(wallet, survivor);
      await bench.eventually(() => one.copy.content().length === 3, 'revoked() has to be called on the node itself');
      const isEqual = () => String(two.copy.content()) === String(one.copy.content());
      await bench.eventually(isEqual, 'revoked() has to be called on the other node');
      const late = await bench.node();
      same(late.copy.content(), one.copy.content(), 'what a node knows whose open() has resolved');
      same(late.copy.epochOf(wallet)?.survivor, survivor, 'the survivor there');
    },
  },
  {
    name: 'what one node has revoked enters on no other, from the moment that it is acknowledged',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      for (let round = 0; round < 10; round++) {
        const [byId, byKey, byWallet] = [bench.device(), bench.device(), bench.device()];
        for (const id of [byId, byKey, byWallet]) await bench.enter(two, id);
        await one.store.revoke([{ deviceId: byId }]);
        same(await bench.outcome(two, byId), 'revoked', 'enter of a device that is revoked by id');
        await one.store.revoke([{ key: revocationKey(byKey) }]);
        same(await bench.outcome(two, byKey), 'revoked', 'enter of a device that is revoked by key');
        await one.store.revokeWallet(walletOf(byWallet), undefined);
        same(await bench.outcome(two, byWallet), 'revoked', 'enter of a device that is revoked with its wallet');
      }
    },
  },
  {
    name: 'a device is new on one node of all, and what one node changes, the others read',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      const id = bench.device();
      const row = await bench.enter(one, id);
      same(await bench.outcome(two, id), 'known', 'enter on the other node');
      await two.store.edit(id, { label: 'shared' });
      const expiresAtMs = row.expiresAtMs + HOUR_MS;
      await two.store.renew([{ deviceId: id, expiresAtMs, issuedAtMs: -Infinity, address: '192.0.2.9' }]);
      const [read] = await one.store.read([id]);
      same(read?.label, 'shared', 'the label on the first node');
      same(read?.expiresAtMs, expiresAtMs, 'the end on the first node');
      same(await one.store.list(walletOf(id)), [read], 'the list on the first node');
      same(await two.store.remove(id), true, 'remove on the other node');
      same(await one.store.read([id]), [undefined], 'the row on the first node');
    },
  },
  {
    name: 'news is news once, whichever node says it',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      const [a, b] = [bench.device(), bench.device()];
      same(await one.store.revoke([{ deviceId: a }]), { changed: true }, 'the first answer');
      same(await two.store.revoke([{ deviceId: a }]), { changed: false }, 'the answer to the other node');
      same(await two.store.revoke([{ key: revocationKey(b) }]), { changed: true }, 'the answer to a key of no row');
      same(await one.store.revoke([{ deviceId: b }]), { changed: false }, 'the answer to its device');
    },
  },
  {
    name: 'rows have times of the store, not of nodes whose clocks are an hour off',
    needs: 'shared',
    async run(bench) {
      const fast = await bench.node({
        nowMs: () => bench.nowMs() + HOUR_MS,
        unconfirmedMs: CLOSE_MS,
        idleMs: CLOSE_MS,
      });
      const slow = await bench.node({
        nowMs: () => bench.nowMs() - HOUR_MS,
        unconfirmedMs: CLOSE_MS,
        idleMs: CLOSE_MS,
      });
      const expiresAtMs = Math.floor(bench.nowMs()) - 1_000;
      for (const node of [fast, slow]) {
        const id = bench.device();
        const { firstSeenMs } = await bench.enter(node, id, { expiresAtMs });
        check(
          Math.abs(firstSeenMs - bench.nowMs()) < CLOSE_MS,
          `firstSeenMs has to be the store's time: is ${firstSeenMs}`,
        );
        await node.store.renew([{ deviceId: id, expiresAtMs, issuedAtMs: -Infinity, address: undefined }]);
        const seenMs = (await node.store.read([id]))[0]?.seenMs ?? NaN;
        check(Math.abs(seenMs - bench.nowMs()) < CLOSE_MS, `seenMs has to be the store's time: is ${seenMs}`);
        if (node === fast) await node.store.edit(id, { isConfirmed: true });
      }
      same(await fast.store.purge(100), [], 'what the fast node purges before its time');
    },
  },
  {
    name: 'wallets are revoked until a time of the store, not of nodes whose clocks are an hour off',
    needs: 'shared',
    async run(bench) {
      const fast = await bench.node({ nowMs: () => bench.nowMs() + HOUR_MS });
      const slow = await bench.node({ nowMs: () => bench.nowMs() - HOUR_MS });
      for (const [one, two] of [
        [fast, slow],
        [slow, fast],
      ] as const) {
        const [id, next] = bench.devices(2) as [string, string];
        await bench.enter(one, id);
        await two.store.revokeWallet(walletOf(id), undefined);
        same(await one.store.read([id]), [undefined], 'the row');
        await bench.eventually(
          () => one.copy.epochOf(walletOf(id)) !== undefined,
          'revoked() has to be called on the other node',
        );
        const atMs = one.copy.epochOf(walletOf(id))?.atMs ?? NaN;
        check(Math.abs(atMs - bench.nowMs()) < CLOSE_MS, `the time has to be the store's: is ${atMs}`);
        same(
          await bench.outcome(one, next, { certifiedAtMs: atMs + 1 }),
          'new',
          'enter of a device that is certified later',
        );
      }
    },
  },
  {
    name: 'leases last by the time of the store, not of nodes whose clocks are an hour off',
    needs: 'shared',
    async run(bench) {
      const fast = await bench.node({ cleansUp: true, nowMs: () => bench.nowMs() + HOUR_MS });
      const slow = await bench.node({ cleansUp: true, nowMs: () => bench.nowMs() - HOUR_MS });
      for (const [one, two] of [
        [fast, slow],
        [slow, fast],
      ] as const) {
        const id = bench.device();
        await bench.enter(one, id);
        await one.store.remove(id);
        const [lost] = await one.store.claim(1, 50);
        same(lost?.deviceId, id, 'what is claimed at once');
        await bench.pass(100);
        const [claim] = await two.store.claim(1, CLOSE_MS);
        same(claim?.deviceId, id, 'what the other node claims when the lease is over');
        same(await one.store.claim(1, CLOSE_MS), [], 'what can be claimed before the next is over');
        const { oldestMs } = await one.store.backlog();
        check(oldestMs < CLOSE_MS, `oldestMs has to be by the store's time: is ${oldestMs}`);
        if (claim) await two.store.finish(claim);
      }
    },
  },
  {
    name: 'nodes hear that what they know is fresh, with the backlog',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node({ cleansUp: true }), await bench.node({ cleansUp: true })];
      for (const id of [bench.device(), bench.device()]) {
        await bench.enter(one, id);
        await one.store.remove(id);
      }
      for (const { copy } of [one, two]) {
        await bench.eventually(() => copy.last?.backlog.pending === 2, 'fresh() has to be called with the backlog');
        const agoMs = copy.last?.agoMs ?? NaN;
        check(agoMs >= 0 && agoMs < CLOSE_MS, `agoMs has to be the age of an answer: is ${agoMs}`);
        const count = copy.log.length;
        await bench.eventually(
          () => copy.log.slice(count).includes('fresh'),
          'fresh() has to be called again and again',
        );
      }
    },
  },
  {
    name: 'agree answers what another node said, if that differs',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      if (one.store.agree === undefined) return;
      same(await one.store.agree(HOUR_MS), undefined, 'the answer to the first node');
      same(await two.store.agree?.(HOUR_MS), undefined, 'the answer to a node that says the same');
      same(await two.store.agree?.(2 * HOUR_MS), HOUR_MS, 'the answer to a node that says something else');
    },
  },
  {
    name: 'a node that closes leaves the data to the others, and its revocations stay known',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      const [id, revoked] = [bench.device(), bench.device()];
      const row = await bench.enter(one, id);
      await one.store.revoke([{ deviceId: revoked }]);
      await one.store.close();
      await one.store.close();
      same(await two.store.read([id]), [row], 'the row on the other node');
      await two.store.close();
      const late = await bench.node();
      same(late.copy.has(revoked), true, 'whether a node that opens when all are closed knows what was revoked');
      same(await late.store.read([id]), [row], 'the row there');
    },
  },
];
