import type { Claim, DeviceRow, Fact } from '../../devices/store.js';
import { walletOf, type TestNode } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

const LEASE_MS = 60_000;

/** What becomes of rows that end where a node cleans up. */
export const cleanUpCases: readonly StoreCase[] = [
  {
    name: 'a row that is revoked has its clean-up, once',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const [id, never] = bench.devices(2) as [string, string];
      const { firstSeenMs: incarnation, wallet } = await bench.enter(node, id);
      for (let i = 0; i < 2; i++) await node.store.revoke([{ deviceId: id }, { deviceId: never }]);
      const claim = await claimOne(node);
      same(withoutToken(claim), { deviceId: id, wallet, incarnation, cause: 'revoked', attempt: 1 }, 'the clean-up');
      same(await bench.outcome(node, id), 'revoked', 'enter before it is done');
      same(await node.store.finish(claim), true, 'the answer of finish');
      same(await bench.outcome(node, id), 'revoked', 'enter after it is done');
      same(await node.store.backlog(), { pending: 0, oldestMs: 0 }, 'the backlog');
    },
  },
  {
    name: 'each row that ends with its wallet has its clean-up',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const [survivor, ...others] = bench.devices(4) as [string, string, string, string];
      for (const id of [survivor, ...others]) await bench.enter(node, id);
      await node.store.revokeWallet(walletOf(survivor), survivor);
      const claims = await node.store.claim(100, LEASE_MS);
      same(claims.map(({ deviceId }) => deviceId).toSorted(), others.toSorted(), 'whose clean-ups there are');
      check(
        claims.every(({ cause }) => cause === 'revoked'),
        'the cause has to be "revoked"',
      );
    },
  },
  {
    name: 'a row that is purged or removed has its clean-up',
    async run(bench) {
      const node = await bench.node({ cleansUp: true, unconfirmedMs: 1_000 });
      const [purged, removed] = [bench.device(), bench.device()];
      const expiresAtMs = Math.floor(bench.nowMs()) - 60_000;
      const incarnations = [
        (await bench.enter(node, purged, { expiresAtMs })).firstSeenMs,
        (await bench.enter(node, removed)).firstSeenMs,
      ];
      same(await node.store.purge(100), [purged], 'what is purged');
      await node.store.remove(removed);
      const claims = await node.store.claim(100, LEASE_MS);
      const found = [purged, removed].map((id) => claims.find(({ deviceId }) => deviceId === id));
      same(
        found.map((claim) => claim?.cause),
        ['purged', 'purged'],
        'the causes',
      );
      same(
        found.map((claim) => claim?.incarnation),
        incarnations,
        'the incarnations',
      );
    },
  },
  {
    name: 'enter answers "cleaning" until the clean-up is done; then a later incarnation begins',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const id = bench.device();
      let lastMs = -Infinity;
      for (let life = 0; life < 3; life++) {
        const { firstSeenMs } = await bench.enter(node, id);
        check(firstSeenMs > lastMs, `an incarnation has to be later than ${lastMs}: is ${firstSeenMs}`);
        lastMs = firstSeenMs;
        await node.store.remove(id);
        same(await bench.outcome(node, id), 'cleaning', 'enter while nobody cleans up');
        const claim = await claimOne(node);
        same(claim.incarnation, firstSeenMs, 'the incarnation that is cleaned up');
        same(await bench.outcome(node, id), 'cleaning', 'enter while somebody cleans up');
        same(await node.store.finish(claim), true, 'the answer of finish');
      }
      same(await bench.outcome(node, id), 'new', 'enter after the last clean-up');
    },
  },
  {
    name: 'a row that has ended is not read, listed, changed or ended again',
    async run(bench) {
      const node = await bench.node({ cleansUp: true, unconfirmedMs: 1_000 });
      const id = bench.device();
      const row = await bench.enter(node, id, { expiresAtMs: Math.floor(bench.nowMs()) - 60_000 });
      await node.store.remove(id);
      const checkEnded = async (when: string) => {
        same(await node.store.read([id]), [undefined], `read, ${when}`);
        same(await node.store.list(walletOf(id)), [], `list, ${when}`);
        same(await node.store.edit(id, { label: 'x' }), false, `edit, ${when}`);
        same(await node.store.remove(id), false, `remove, ${when}`);
        same(await node.store.purge(100), [], `purge, ${when}`);
        await node.store.renew([{ ...row, issuedAtMs: row.firstIssuedMs }]);
        await node.store.restore([row]);
        same(await bench.outcome(node, id), 'cleaning', `enter, ${when}`);
        same((await node.store.backlog()).pending, 1, `the backlog, ${when}`);
      };
      await checkEnded('before it is claimed');
      const claim = await claimOne(node);
      await checkEnded('after it is claimed');
      same(await node.store.finish(claim), true, 'the answer of finish');
      same(await node.store.read([id]), [undefined], 'read after the clean-up');
    },
  },
  {
    name: 'restore makes rows that have ended, or whose devices are revoked, as such: they are cleaned up',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const [purged, revoked, living, returned] = bench.devices(4) as [string, string, string, string];
      const rows = new Map<string, DeviceRow>();
      for (const id of [living, returned]) rows.set(id, await bench.enter(node, id));
      for (const id of [purged, revoked]) rows.set(id, { ...(await bench.enter(node, id)), firstSeenMs: 5 });
      for (const id of [purged, revoked, returned]) {
        await node.store.remove(id);
        await node.store.finish(await claimOne(node));
      }
      await bench.enter(node, returned);
      await node.store.revoke([{ deviceId: revoked }]);
      const lost = [...rows.values()].map((row) =>
        row.deviceId === revoked ? row : { ...row, ended: 'purged' as const },
      );
      await node.store.restore(lost);
      await node.store.restore(lost);
      const claims = await node.store.claim(10, 60_000);
      same(
        claims.map(({ deviceId, cause }) => `${cause} ${deviceId}`).toSorted(),
        [`purged ${purged}`, `purged ${living}`, `revoked ${revoked}`].toSorted(),
        'what is cleaned up',
      );
      for (const { deviceId, incarnation } of claims)
        same(incarnation, rows.get(deviceId)?.firstSeenMs, 'the incarnation');
      same(await bench.outcome(node, purged), 'cleaning', 'enter of a device that has ended');
      same(await bench.outcome(node, returned), 'known', 'enter of a device that is in its next life');
    },
  },
  {
    name: 'a device that is revoked during the clean-up of a purge stays revoked, and is cleaned up once',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const revoking: ((id: string) => Fact)[] = [
        (deviceId) => ({ deviceId }),
        (id) => ({ wallet: walletOf(id), atMs: Math.floor(bench.nowMs()), survivor: undefined }),
      ];
      for (const factOf of revoking) {
        const id = bench.device();
        await bench.enter(node, id);
        await node.store.remove(id);
        const claim = await claimOne(node);
        await node.store.revoke([factOf(id)]);
        same(await bench.outcome(node, id), 'revoked', 'enter during the clean-up');
        same(await node.store.claim(100, LEASE_MS), [], 'what can be claimed meanwhile');
        same(await node.store.finish(claim), true, 'the answer of finish');
        same(await bench.outcome(node, id), 'revoked', 'enter after the clean-up');
        same(await node.store.claim(100, LEASE_MS), [], 'what can be claimed then');
        same((await node.store.backlog()).pending, 0, 'the backlog');
      }
    },
  },
  {
    name: 'a device that its wallet certified anew waits for the clean-up of what was revoked',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const id = bench.device();
      const { firstSeenMs: atMs, wallet } = await bench.enter(node, id);
      await node.store.revoke([{ wallet, atMs, survivor: undefined }]);
      const certifiedAtMs = atMs + 1;
      same(await bench.outcome(node, id), 'revoked', 'enter with the old certificate');
      same(await bench.outcome(node, id, { certifiedAtMs }), 'cleaning', 'enter with the new certificate');
      await node.store.finish(await claimOne(node));
      same(await bench.outcome(node, id), 'revoked', 'enter with the old certificate after the clean-up');
      same(await bench.outcome(node, id, { certifiedAtMs }), 'new', 'enter with the new one after the clean-up');
    },
  },
  {
    name: 'where no node cleans up, a row that ends is gone at once',
    async run(bench) {
      const node = await bench.node();
      const [removed, revoked] = [bench.device(), bench.device()];
      for (const id of [removed, revoked]) await bench.enter(node, id);
      await node.store.remove(removed);
      await node.store.revoke([{ deviceId: revoked }]);
      same(await node.store.backlog(), { pending: 0, oldestMs: 0 }, 'the backlog');
      same(await node.store.claim(100, LEASE_MS), [], 'what can be claimed');
      same(await bench.outcome(node, removed), 'new', 'enter of the removed device');
    },
  },
  {
    name: 'a node without clean-up leaves the rows that it ends to those that have it',
    needs: 'shared',
    async run(bench) {
      const cleaning = await bench.node({ cleansUp: true, unconfirmedMs: 1_000 });
      const plain = await bench.node({ unconfirmedMs: 1_000 });
      const [removed, revoked, purged] = [bench.device(), bench.device(), bench.device()];
      for (const id of [removed, revoked]) await bench.enter(plain, id);
      await bench.enter(plain, purged, { expiresAtMs: Math.floor(bench.nowMs()) - 60_000 });
      await plain.store.remove(removed);
      await plain.store.revoke([{ deviceId: revoked }]);
      same(await plain.store.purge(100), [purged], 'what is purged');
      for (const id of [removed, purged]) same(await bench.outcome(plain, id), 'cleaning', 'enter on the plain node');
      const claims = await cleaning.store.claim(100, LEASE_MS);
      const ids = claims.map(({ deviceId }) => deviceId);
      same(ids.toSorted(), [removed, revoked, purged].toSorted(), 'whose clean-ups there are');
      await cleaning.store.close();
      same(await bench.outcome(plain, removed), 'cleaning', 'enter when the node that cleans up has left');
    },
  },
];

/** Claims the only clean-up that there is. */
async function claimOne({ store }: TestNode): Promise<Claim> {
  const claims = await store.claim(100, LEASE_MS);
  const [claim] = claims;
  check(
    claim !== undefined && claims.length === 1,
    `there has to be one clean-up to claim: there are ${claims.length}`,
  );
  return claim;
}

function withoutToken({ deviceId, wallet, incarnation, cause, attempt }: Claim): Omit<Claim, 'token'> {
  return { deviceId, wallet, incarnation, cause, attempt };
}
