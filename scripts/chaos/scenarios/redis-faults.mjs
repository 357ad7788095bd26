import { setTimeout as pause } from 'node:timers/promises';

/** Faults of Redis itself, with its nodes alive. */
export const redisFaults = [
  {
    name: 'redis-killed',
    fault: 'Redis is killed, and started again with its append-only file',
    done: 'kill -9 for 2 s',
    async run(start) {
      const world = await start({ redisFlags: ['--appendonly', 'yes', '--appendfsync', 'always'] });
      await world.populate(60);
      await world.revoke(10);
      await world.remove(5);
      await world.redis.kill();
      const killed = performance.now();
      await world.revoke(10);
      await world.newcomers(10);
      await world.renew(5);
      await world.callAll();
      await pause(Math.max(0, 2_000 - (performance.now() - killed)));
      await world.redis.start();
      world.healed();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'flushall',
    fault: 'Redis is emptied on live connections',
    done: 'FLUSHALL, with clean-ups pending; devices revoked just before and after',
    async run(start) {
      const world = await start();
      await world.populate(60);
      await world.revoke(10);
      for (const node of world.alive) await node.ask('cleanUps', 'fail'); // so that they are pending
      await world.revoke(5);
      await world.remove(5);
      await lose(world, () => world.redis.command('FLUSHALL'));
      await world.revoke(5);
      await world.newcomers(10);
      await world.callAll();
      await world.recover();
      for (const node of world.alive) await node.ask('cleanUps', 'work');
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'failover-empty',
    fault: 'failover to a Redis that has nothing',
    done: 'connections cut and led to another port, the old one killed',
    async run(start) {
      const world = await start();
      await world.populate(60);
      await world.revoke(15);
      await world.remove(5);
      const old = world.redis;
      const next = await world.startRedis();
      await lose(world, () => {
        for (const { proxy } of world.nodes) proxy.leadTo(next.port);
      });
      await old.kill();
      world.redis = next;
      await world.revoke(5);
      await world.newcomers(10);
      await world.callAll();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'failover-lagging',
    fault: 'failover to a replica that lags',
    done: 'its link held; then 10 revocations, 5 removals, 10 new devices, 5 renewals; REPLICAOF NO ONE, connections led to it',
    async run(start) {
      const world = await start();
      const link = await world.startProxy(world.redis.port);
      const replica = await world.startRedis(['--replicaof', '127.0.0.1', String(link.port)]);
      await world.populate(60);
      await world.revoke(10);
      await world.redis.command('WAIT', 1, 10_000);
      link.hold();
      await world.revoke(10);
      await world.remove(5);
      await world.newcomers(10);
      await world.renew(5);
      await replica.command('REPLICAOF', 'NO', 'ONE');
      await lose(world, () => {
        for (const { proxy } of world.nodes) proxy.leadTo(replica.port);
      });
      await world.redis.kill();
      world.redis = replica;
      await world.revoke(5);
      await world.callAll();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'redis-full',
    fault: 'Redis is full',
    done: 'maxmemory 1, noeviction, for 3 s',
    async run(start) {
      const world = await start({ redisFlags: ['--maxmemory-policy', 'noeviction'] });
      await world.populate(60);
      await world.revoke(10);
      await world.redis.command('CONFIG', 'SET', 'maxmemory', 1);
      const full = performance.now();
      const acknowledged = await world.revoke(10);
      if (acknowledged > 0) world.ledger.wrong(`a full Redis has acknowledged ${acknowledged}`);
      await world.newcomers(10);
      await world.renew(5);
      await world.callAll();
      await pause(Math.max(0, 3_000 - (performance.now() - full)));
      await world.redis.command('CONFIG', 'SET', 'maxmemory', 0);
      world.healed();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'redis-slow',
    fault: 'Redis is slow',
    done: '50 ms each way, which is in time; then 300 ms each way for 5 s, which never is',
    async run(start) {
      const world = await start();
      await world.populate(60);
      for (const { proxy } of world.nodes) proxy.delay(50);
      await world.revoke(10);
      await world.newcomers(5);
      for (const { proxy } of world.nodes) proxy.delay(300);
      const slow = performance.now();
      await world.revoke(10);
      await world.newcomers(5);
      await world.renew(5);
      await world.callAll();
      await pause(Math.max(0, 5_000 - (performance.now() - slow)));
      for (const { proxy } of world.nodes) proxy.delay(0);
      world.healed();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'script-flush',
    fault: 'Redis forgets its scripts',
    done: 'SCRIPT FLUSH 40 times, while 40 devices are revoked',
    async run(start) {
      const world = await start();
      await world.populate(60);
      for (let i = 0; i < 40; i++) {
        const flushed = world.redis.command('SCRIPT', 'FLUSH');
        await Promise.all([flushed, world.revoke(1)]);
      }
      await world.newcomers(10);
      world.healed();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
];

/** Redis loses what it had, all at once, and is there again. */
async function lose(world, run) {
  await run();
  world.ledger.lossAtMs = performance.timeOrigin + performance.now();
  world.healed();
}
