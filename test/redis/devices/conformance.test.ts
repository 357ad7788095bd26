import { describe, it } from 'vitest';

import { redisDevices } from '../../../src/redis/devices/redis-devices.js';
import { testDeviceStore } from '../../../src/testing/test-device-store.js';
import { redisClients, redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';

describe.skipIf(redisIsMissing).each(Object.entries(redisClients))(
  `what a store has to do, by %s${redisNote}`,
  (_, connect) => {
    const server = redisServer();

    async function makeStores() {
      const { client, command, close } = await connect(server);
      await command('FLUSHALL');
      return {
        store: () => redisDevices(client, { timeoutMs: 2_000, onError: () => undefined }),
        lose: () => command('FLUSHALL'),
        close,
      };
    }

    it.each(testDeviceStore(makeStores, { isShared: true, canLose: true }))('$name', ({ run }) => run(), 20_000);
  },
);
