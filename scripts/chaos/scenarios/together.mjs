import { createIdentity } from 'grpc-wallet-auth/client';
import { testWallets } from 'grpc-wallet-auth/testing';

import { Device } from '../device.mjs';
import { inLanes } from '../world.mjs';

/** No fault, or no more than many things at once. */
export const together = [
  {
    name: 'plain',
    fault: 'none',
    done: '100 devices revoked, one after the other',
    limitMs: 100,
    async run(start) {
      const world = await start();
      await world.populate(120);
      await world.probe(100);
      world.healed();
      await world.recover();
      return world;
    },
  },
  {
    name: 'at-once',
    fault: 'nodes revoke, and see first, at once',
    done: '40 devices revoked on all nodes at once; 60 new devices call on all nodes at once',
    async run(start) {
      const world = await start();
      await world.populate(60);
      const devices = world.take(40);
      world.revoked.push(...devices);
      const answers = await Promise.all(
        devices.map((device) => Promise.all(world.nodes.map((node) => node.ask('revoke', device.id)))),
      );
      for (const [i, ofNodes] of answers.entries()) {
        const changed = ofNodes.filter(({ answer }) => answer?.changed).length;
        const all = ofNodes.filter(({ isAcknowledged }) => isAcknowledged).length;
        if (all === ofNodes.length && changed !== 1)
          world.ledger.wrong(`${devices[i].id} was news to ${changed} nodes of ${all}`);
      }
      const made = Array.from({ length: 60 }, () => world.make());
      world.newest = made;
      await inLanes(made, async (device) => {
        const calls = world.nodes.map((node) => device.call(node));
        for (const [i, outcome] of (await Promise.all(calls)).entries())
          world.ledger.expectAdmitted(device, world.nodes[i], outcome);
      });
      world.healed();
      await world.recover();
      await world.renew(5);
      await world.probe(10);
      return world;
    },
  },
  {
    name: 'clock-ahead',
    fault: 'the clock of a node is an hour ahead',
    done: 'it revokes devices, and a whole wallet, whose next device is good',
    async run(start) {
      const world = await start({ nodes: 2 });
      const ahead = await world.startNode({ aheadMs: 3_600_000 });
      const ofBob = await world.populate(10, { wallet: testWallets.bob });
      await world.populate(50);
      world.devices = world.devices.filter((device) => !ofBob.includes(device));
      await world.revoke(10, { at: ahead });
      await world.remove(5, { at: ahead });
      const { isAcknowledged, error } = await ahead.ask('revokeWallet', testWallets.bob.address);
      if (!isAcknowledged) world.ledger.wrong(`revokeWallet: ${error}`);
      world.revoked.push(...ofBob);
      const next = new Device(await createIdentity(testWallets.bob));
      next.home = world.next();
      for (const node of world.nodes) world.ledger.expectAdmitted(next, node, await next.call(node));
      world.devices.push(next);
      await world.newcomers(10);
      world.healed();
      await world.recover();
      await world.renew(5);
      world.devices.pop(); // not to be revoked
      await world.probe(10);
      world.devices.push(next);
      return world;
    },
  },
  {
    name: 'many-streams',
    fault: 'half of many devices are revoked at once',
    done: '1,000 streams of 200 devices; 100 devices revoked by three nodes at once',
    async run(start) {
      const world = await start();
      await world.populate(200, { streams: 5 });
      const devices = world.take(100);
      world.revoked.push(...devices);
      await Promise.all(
        devices.map(async (device) => {
          const { atMs } = await world.next().ask('revoke', device.id);
          for (const { ended } of device.streams) world.ledger.streamsCutMs.push((await ended).atMs - atMs);
        }),
      );
      world.healed();
      await world.recover();
      await world.renew(20);
      await world.callAll();
      return world;
    },
  },
];
