import { revocationKey } from '../../devices/revocation/revocations.js';
import type { Fact } from '../../devices/store.js';
import { walletOf, type Bench, type TestNode } from './bench.js';
import { same } from './check.js';
import type { StoreCase } from './store-case.js';

/** Facts are a set: neither their order nor how often they come matters. */
export const factCases: readonly StoreCase[] = [
  {
    name: 'facts may come in any order, together or one by one, and twice',
    async run(bench) {
      const node = await bench.node();
      for (const order of permutations([0, 1, 2, 3])) {
        const { groups, checkAll } = someFacts(bench);
        const name = `in the order ${order.join()}`;
        const inOrder = order.flatMap((i) => groups[i] ?? []);
        if ((order[0] ?? 0) % 2 === 0) await node.store.revoke(inOrder);
        else for (const fact of inOrder) await node.store.revoke([fact]);
        await checkAll(node, name);
        same(await node.store.revoke(inOrder), { changed: false }, `the answer to the same facts, ${name}`);
        await checkAll(node, `twice, ${name}`);
      }
    },
  },
  {
    name: 'of the times of a wallet, the latest counts, with its survivor',
    async run(bench) {
      const node = await bench.node();
      const [one, two] = bench.devices(2) as [string, string];
      const wallet = walletOf(one);
      const { firstSeenMs: atMs } = await bench.enter(node, two);
      await node.store.revoke([{ wallet, atMs: atMs + 1, survivor: two }]);
      await node.store.revoke([{ wallet, atMs, survivor: one }]);
      same(await bench.outcome(node, two), 'known', 'enter of the survivor of the latest');
      same(await bench.outcome(node, one), 'revoked', 'enter of the survivor of an earlier time');
    },
  },
  {
    name: 'two equally late times of a wallet with different survivors leave none',
    async run(bench) {
      const node = await bench.node();
      const [one, two] = bench.devices(2) as [string, string];
      const wallet = walletOf(one);
      const first = await bench.enter(node, one);
      const second = await bench.enter(node, two);
      const atMs = Math.max(first.firstSeenMs, second.firstSeenMs);
      const changed = async (survivor: string | undefined) =>
        (await node.store.revoke([{ wallet, atMs, survivor }])).changed;
      same(await changed(one), true, 'changed by the first');
      same(
        (await node.store.list(wallet)).map((row) => row.deviceId),
        [one],
        'the list after the first',
      );
      same(await changed(two), true, 'changed by its rival');
      same(await node.store.list(wallet), [], 'the list after its rival');
      for (const survivor of [undefined, one, two]) {
        for (const id of [one, two]) same(await bench.outcome(node, id), 'revoked', 'enter of a survivor');
        same(await changed(survivor), false, 'changed by what is known');
      }
      await bench.eventually(
        () => node.copy.epochOf(wallet)?.survivor === undefined,
        'the node has to know of no survivor',
      );
    },
  },
  {
    name: 'a rival with no survivor leaves none either',
    async run(bench) {
      const node = await bench.node();
      const id = bench.device();
      const { firstSeenMs: atMs } = await bench.enter(node, id);
      const fact = { wallet: walletOf(id), atMs };
      await node.store.revoke([{ ...fact, survivor: undefined }]);
      await node.store.revoke([{ ...fact, survivor: id }]);
      same(await bench.outcome(node, id), 'revoked', 'enter');
    },
  },
  {
    name: 'facts from two nodes, in different orders, give every node the same copy',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node(), await bench.node()];
      const { groups, checkAll } = someFacts(bench);
      const facts = groups.flat();
      const together = [facts, facts.toReversed()];
      for (let i = 0; i < facts.length; i++)
        await Promise.all([one, two].map(({ store }, n) => store.revoke(together[n]?.slice(i, i + 1) ?? [])));
      const late = await bench.node();
      for (const node of [one, two]) {
        const isEqual = () => String(node.copy.content()) === String(late.copy.content());
        await bench.eventually(isEqual, 'the copies of two nodes have to be equal to that of one that opens later');
      }
      for (const node of [one, two, late]) await checkAll(node, 'told by two nodes');
    },
  },
];

/** Facts of every kind about new devices, and what has to come of them. */
function someFacts(bench: Bench) {
  const [byId, byKey, winner, loser, later] = [...bench.devices(2), ...bench.devices(3)] as [
    string,
    string,
    string,
    string,
    string,
  ];
  const [rival, otherRival] = bench.devices(2) as [string, string];
  const atMs = Math.floor(bench.nowMs()) - 10_000;
  const groups: readonly (readonly Fact[])[] = [
    [{ deviceId: byId }, { wallet: walletOf(rival), atMs, survivor: rival }],
    [{ key: revocationKey(byKey) }],
    [{ wallet: walletOf(winner), atMs, survivor: winner }],
    [
      { wallet: walletOf(winner), atMs: atMs - 1, survivor: loser },
      { wallet: walletOf(rival), atMs, survivor: otherRival },
    ],
  ];
  return {
    groups,
    checkAll: async (node: TestNode, when: string): Promise<void> => {
      const enter = async (id: string, certifiedAtMs: number) => {
        const outcome = await bench.outcome(node, id, { certifiedAtMs });
        return outcome === 'revoked' ? outcome : 'in';
      };
      same(await enter(byId, atMs + 1), 'revoked', `a device that is revoked by id, ${when}`);
      same(await enter(byKey, atMs + 1), 'revoked', `a device that is revoked by key, ${when}`);
      same(await enter(winner, atMs), 'in', `the survivor of the latest time, ${when}`);
      same(await enter(loser, atMs), 'revoked', `the survivor of an earlier time, ${when}`);
      same(await enter(later, atMs + 1), 'in', `a device that was certified later, ${when}`);
      for (const id of [rival, otherRival])
        same(await enter(id, atMs), 'revoked', `one of two survivors of the same time, ${when}`);
    },
  };
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item) => permutations(items.filter((each) => each !== item)).map((rest) => [item, ...rest]));
}
