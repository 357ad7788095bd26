import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** Faults of nodes and of their connections, with Redis alive. */
export const nodeFaults = [
  {
    name: 'node-cut-off',
    fault: 'a node is cut off from Redis',
    done: 'nothing goes through for 5 s; 10 devices revoked on it meanwhile, 10 elsewhere, 5 removed',
    async run(start) {
      const world = await start();
      await world.populate(60);
      await world.revoke(10);
      const [cutOff, other] = world.nodes;
      cutOff.proxy.hold();
      const heldMs = performance.now();
      await world.revoke(10, { at: cutOff });
      await world.revoke(10, { at: other });
      await world.remove(5, { at: other });
      await world.newcomers(9);
      await world.renew(5);
      await world.callAll();
      await pause(Math.max(0, 5_000 - (performance.now() - heldMs)));
      cutOff.proxy.letGo();
      world.healed();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'log-trimmed',
    fault: 'the log is trimmed under a node that sleeps',
    done: 'SIGSTOP; 1,500 other devices, 10 of its own revoked, 5 removed; logLength 100; SIGCONT',
    async run(start) {
      const world = await start({ node: { logLength: 100 } });
      await world.populate(60);
      await world.revoke(5);
      const [sleeper, other] = world.nodes;
      const due = [...world.devices];
      sleeper.pause();
      await world.revoke(10, { at: other });
      await world.remove(5, { at: other });
      for (let i = 0; i < 15; i++) await other.ask('revokeAll', strangers(i));
      const length = await world.redis.command('XLEN', '{chaos:devices}:log');
      if (length > 1_000) world.ledger.wrong(`the log was not trimmed: ${length}`);
      sleeper.resume();
      world.healed();
      await world.recover();
      await world.renew(Math.min(5, due.length));
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'node-killed',
    fault: 'a node is killed during clean-ups',
    done: 'kill -9 with clean-ups running; their leases have to run out (a minute)',
    isLong: true,
    async run(start) {
      const world = await start();
      await world.populate(80, { streams: 0 });
      const dying = await hangOn(world);
      await dying.kill();
      world.healed();
      await world.revoke(5);
      await world.probe(10);
      await takenOver(world, dying);
      await world.recover();
      return world;
    },
  },
  {
    name: 'node-paused',
    fault: 'a node is stopped during clean-ups and wakes late',
    done: 'SIGSTOP until others have its clean-ups, and its removed devices are back; then it goes on',
    isLong: true,
    async run(start) {
      const world = await start();
      await world.populate(80, { streams: 0 });
      const sleeper = await hangOn(world, true);
      const other = world.nodes.find((node) => node !== sleeper);
      sleeper.pause();
      await world.revoke(5);
      const [asked] = world.revoked.slice(-1);
      const late = asked.call(sleeper, 110_000); // waits in its socket until it wakes
      await takenOver(world, sleeper);
      const hung = new Set(world.ledger.hangingOn(sleeper).map(({ deviceId }) => deviceId));
      const back = world.removed.filter(({ id }) => hung.has(id)).slice(0, 5);
      for (const device of back) {
        world.ledger.expectAdmitted(device, other, await device.call(other));
        device.returns = 1;
      }
      sleeper.resume();
      world.healed();
      const outcome = await late;
      if (outcome === 'admitted') world.ledger.wrong(`${asked.id} was admitted by a node that woke late`);
      await sleeper.ask('cleanUps', 'work'); // they end now, without a lease
      await world.recover();
      await world.probe(10);
      const there = new Set((await other.ask('list', back[0]?.wallet ?? asked.wallet)).map(({ deviceId }) => deviceId));
      for (const { id } of back)
        if (!there.has(id)) world.ledger.wrong(`${id} was back, and a late clean-up took its row`);
      return world;
    },
  },
];

/** Ends devices until clean-ups hang. @returns the node that has most of them; those of the others go on. */
async function hangOn(world, removes = false) {
  for (const node of world.nodes) await node.ask('cleanUps', 'hang');
  const most = () => Math.max(...world.nodes.map((node) => world.ledger.hangingOn(node).length));
  for (let i = 0; i < 6 && most() < 4; i++) {
    if (removes) await world.remove(8);
    else await world.revoke(8);
    await pause(300);
  }
  world.ledger.note(`${most()} clean-ups were running`);
  const chosen = world.nodes.find((node) => world.ledger.hangingOn(node).length === most());
  if (most() === 0) world.ledger.wrong('no clean-up was running');
  for (const node of world.nodes) if (node !== chosen) await node.ask('cleanUps', 'work');
  return chosen;
}

/** Waits until others have done what a node began. */
async function takenOver(world, node) {
  const devices = world.ledger.hangingOn(node).map(({ deviceId }) => ({ id: deviceId }));
  const endMs = performance.now() + 90_000;
  while (world.ledger.notCleanedUp(devices).length > 0 && performance.now() < endMs) await pause(100);
}

/** A hundred devices that never called. */
function strangers(round) {
  return Array.from({ length: 100 }, (_, i) => {
    const wallet = `0x${createHash('sha256').update(`wallet ${round} ${i}`).digest('hex').slice(0, 40)}`;
    return `${wallet}/${createHash('md5').update(`${round} ${i}`).digest('hex')}`;
  });
}
