import { afterAll, beforeAll, describe, it } from 'vitest';

import type { DevicesClient } from '../../../src/redis/devices/devices-client.js';
import { redisDevices } from '../../../src/redis/devices/redis-devices.js';
import { testDeviceStore } from '../../../src/testing/test-device-store.js';
import {
  redisClients,
  redisIsMissing,
  redisNote,
  redisServer,
  type ConnectedClient,
} from '../../support/redis-server.js';

describe.skipIf(redisIsMissing).each(Object.entries(redisClients))(
  `devices by %s are a store${redisNote}`,
  (_, connect) => {
    const server = redisServer();
    let connected: ConnectedClient;
    let runs = 0;
    beforeAll(async () => {
      connected = await connect(server);
    });
    afterAll(() => connected.close());

    const makeStores = () => {
      const prefix = `run ${++runs}:`;
      return {
        store: () =>
          redisDevices(connected.client as DevicesClient, { prefix, timeoutMs: 2_000, onError: () => undefined }),
        lose: () => connected.command('FLUSHALL'),
        close: () => undefined,
      };
    };
    for (const { name, run } of testDeviceStore(makeStores, { isShared: true, canLose: true })) it(name, run);
  },
);
