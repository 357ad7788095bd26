import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { authReasonOf } from '../../../src/grpc/status.js';
import { fakeDevices } from '../../../src/testing/fake-devices.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { authorization } from '../../support/demo-server.js';
import { startNode } from '../../support/start-node.js';

describe('a revocation in the registry', () => {
  it('ends an open stream whatever its policy says: at-open, too', async () => {
    const { devices, clock } = await fakeDevices();
    const node = await startNode({
      devices,
      now: clock.now,
      timers: clock.timers,
      rules: { '*': { stream: 'at-open' } },
    });
    const call = node.client().chat(authorization(`Bearer ${mintToken({ now: clock.now })}`));
    const answered = once(call, 'data');
    call.write({ text: 'hello' });
    await answered;
    const reason = new Promise((resolve) => call.on('error', (error) => resolve(authReasonOf(error))));
    await devices.revoke(mintIdentity().deviceId);
    expect(await reason).toBe('DEVICE_REVOKED');
    expect(node.events.map(({ decision }) => decision)).toEqual(['admitted', 'ended']);
  });
});
