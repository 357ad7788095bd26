import type { Claim } from '../../devices/store.js';
import type { Bench, TestNode } from './bench.js';
import { check, same } from './check.js';
import type { StoreCase } from './store-case.js';

const LONG_MS = 60_000;
const SHORT_MS = 50;

/** Who cleans up, and when. */
export const claimCases: readonly StoreCase[] = [
  {
    name: 'claim gives so many clean-ups at most, and each once until its lease is over',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const ids = await end(bench, node, 5);
      const claims: Claim[] = [];
      for (const [most, count] of [
        [0, 0],
        [2, 2],
        [2, 2],
        [2, 1],
        [2, 0],
      ] as const) {
        const some = await node.store.claim(most, LONG_MS);
        same(some.length, count, `how many claim(${most}) gives`);
        claims.push(...some);
      }
      same(claims.map(({ deviceId }) => deviceId).toSorted(), ids.toSorted(), 'what was claimed');
      same((await node.store.backlog()).pending, 5, 'the backlog while they run');
    },
  },
  {
    name: 'two nodes that claim at the same time get different clean-ups',
    needs: 'shared',
    async run(bench) {
      const [one, two] = [await bench.node({ cleansUp: true }), await bench.node({ cleansUp: true })];
      const ids = await end(bench, one, 30);
      const claims = await Promise.all([one, two, one, two].map(({ store }) => store.claim(10, LONG_MS)));
      same(
        claims
          .flat()
          .map(({ deviceId }) => deviceId)
          .toSorted(),
        ids.toSorted(),
        'what was claimed by both',
      );
    },
  },
  {
    name: 'a clean-up whose lease is over is claimed again, and the first claim is lost',
    run: async (bench) => {
      const node = await bench.node({ cleansUp: true });
      await takeOver(bench, node, node);
    },
  },
  {
    name: 'another node takes over when the lease is over, and the first claim is lost',
    needs: 'shared',
    run: async (bench) => takeOver(bench, await bench.node({ cleansUp: true }), await bench.node({ cleansUp: true })),
  },
  {
    name: 'defer has a clean-up claimed so much later, and not before',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      await end(bench, node, 1);
      const [claim] = await node.store.claim(1, LONG_MS);
      check(claim !== undefined, 'there has to be a clean-up to claim');
      same(await node.store.defer(claim, SHORT_MS), true, 'the answer of defer');
      await bench.pass(2 * SHORT_MS);
      const [again] = await node.store.claim(1, LONG_MS);
      same(again?.attempt, 2, 'the attempt after a short delay');
      same(again?.incarnation, claim.incarnation, 'the incarnation');
      same(again && (await node.store.defer(again, LONG_MS)), true, 'the answer of defer');
      await bench.pass(2 * SHORT_MS);
      same(await node.store.claim(1, LONG_MS), [], 'what can be claimed during a long delay');
    },
  },
  {
    name: 'defer makes a lease longer, and the claim stays good',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      await end(bench, node, 1);
      const [claim] = await node.store.claim(1, 400);
      check(claim !== undefined, 'there has to be a clean-up to claim');
      same(await node.store.defer(claim, LONG_MS), true, 'the answer of defer');
      await bench.pass(500);
      same(await node.store.claim(1, LONG_MS), [], 'what can be claimed when the first lease would be over');
      same(await node.store.finish(claim), true, 'the answer of finish');
    },
  },
  {
    name: 'a claim is good for nothing once it is finished',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      const [id] = await end(bench, node, 1);
      const [claim] = await node.store.claim(1, LONG_MS);
      check(claim !== undefined && id !== undefined, 'there has to be a clean-up to claim');
      same(await node.store.finish({ ...claim, token: `${claim.token}x` }), false, 'finish with the token of no claim');
      same(await node.store.finish(claim), true, 'finish');
      same(await node.store.finish(claim), false, 'finish once more');
      same(await node.store.defer(claim, 0), false, 'defer after finish');
      await bench.enter(node, id);
      await node.store.remove(id);
      same(await node.store.defer(claim, 0), false, 'defer in the next life of the device');
      same(await node.store.finish(claim), false, 'finish in the next life of the device');
      const [next] = await node.store.claim(1, LONG_MS);
      same(await node.store.finish(claim), false, 'finish when the next life is being cleaned up');
      same(next?.attempt, 1, 'the attempt of the next life');
      same(next && (await node.store.finish(next)), true, 'finish of the next life');
    },
  },
  {
    name: 'backlog counts what waits and runs, and how long the oldest has waited',
    async run(bench) {
      const node = await bench.node({ cleansUp: true });
      same(await node.store.backlog(), { pending: 0, oldestMs: 0 }, 'the backlog of nothing');
      await end(bench, node, 1);
      await bench.pass(60);
      await end(bench, node, 1);
      const { pending, oldestMs } = await node.store.backlog();
      same(pending, 2, 'how many are pending');
      check(oldestMs >= 50 && oldestMs < LONG_MS, `the oldest has waited for 60 ms: is ${oldestMs}`);
      const claims = await node.store.claim(2, LONG_MS);
      same((await node.store.backlog()).pending, 2, 'how many are pending while they run');
      check((await node.store.backlog()).oldestMs >= 50, 'a claim must not make the oldest younger');
      for (const claim of claims) await node.store.finish(claim);
      same(await node.store.backlog(), { pending: 0, oldestMs: 0 }, 'the backlog when they are done');
    },
  },
];

/** Enters devices and ends their rows. */
async function end(bench: Bench, node: TestNode, count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => bench.device());
  for (const id of ids) {
    await bench.enter(node, id);
    await node.store.remove(id);
  }
  return ids;
}

async function takeOver(bench: Bench, one: TestNode, two: TestNode): Promise<void> {
  const [id] = await end(bench, one, 1);
  const [lost] = await one.store.claim(1, SHORT_MS);
  check(lost !== undefined, 'there has to be a clean-up to claim');
  await bench.pass(2 * SHORT_MS);
  const [good] = await two.store.claim(1, LONG_MS);
  check(good !== undefined, 'it has to be claimed again when the lease is over');
  same([good.deviceId, good.incarnation, good.cause], [id, lost.incarnation, lost.cause], 'what is claimed again');
  same([lost.attempt, good.attempt], [1, 2], 'the attempts');
  check(good.token !== lost.token, 'two claims of a device have to have different tokens');
  same(await one.store.finish(lost), false, 'finish with the lost claim');
  same(await one.store.defer(lost, 0), false, 'defer with the lost claim');
  same(await two.store.claim(1, LONG_MS), [], 'what can be claimed meanwhile');
  same(await bench.outcome(one, id ?? ''), 'cleaning', 'enter meanwhile');
  same(await two.store.finish(good), true, 'finish with the good claim');
  same(await bench.outcome(one, id ?? ''), 'new', 'enter when it is done');
}
