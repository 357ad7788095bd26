import type { Client, ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { authReasonOf } from '../../../src/grpc/status.js';
import { fakeDevices } from '../../../src/testing/fake-devices.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { authorization, definition } from '../../support/demo-server.js';
import { startNode, type NodeOptions } from '../../support/start-node.js';

const HOUR_MS = 3_600_000;
const GRACE_MS = 30_000;

/** A unary call that was admitted and whose request has not come yet. */
async function openUnary(options: NodeOptions = {}, clock = settableClock()) {
  let admit: () => void;
  const admitted = new Promise<void>((resolve) => (admit = resolve));
  const reasons: (string | undefined)[] = [];
  const node = await startNode({
    now: clock.now,
    timers: clock.timers,
    ...options,
    onDecision: ({ decision, reason }) => (decision === 'admitted' ? admit() : void reasons.push(reason)),
  });
  const client = node.client() as unknown as Client;
  const { path, requestSerialize, responseDeserialize } = definition.whoAmI;
  let done: (error: ServiceError | null) => void;
  const answered = new Promise<string | undefined>((resolve) => {
    done = (error) => resolve(error ? authReasonOf(error) : 'answered');
  });
  const token = authorization(`Bearer ${mintToken({ now: clock.now })}`);
  const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, token, (error) =>
    done(error),
  );
  await admitted;
  const send = async () => {
    call.write({});
    call.end();
    return answered;
  };
  return { clock, node, reasons, send };
}

describe('a unary call whose request comes long after it was admitted', () => {
  it('is refused where its token has ended since, and the grace period too', async () => {
    const { clock, node, reasons, send } = await openUnary();
    clock.advance(HOUR_MS + GRACE_MS + 1);
    expect(await send()).toBe('TOKEN_EXPIRED');
    expect(reasons).toEqual(['TOKEN_EXPIRED']);
    expect(node.handlersRun()).toBe(0);
  });

  it('is refused where the registry has revoked its device since', async () => {
    const { devices, clock } = await fakeDevices();
    const { send, node } = await openUnary({ devices }, clock);
    await devices.revoke(mintIdentity().deviceId);
    clock.advance(5_000);
    expect(await send()).toBe('DEVICE_REVOKED');
    expect(node.handlersRun()).toBe(0);
  });

  it.each([
    ['isRevoked', 'DEVICE_REVOKED', (is: () => boolean): NodeOptions => ({ isRevoked: is })],
    ['a deny list', 'ACCESS_DENIED', (is: () => boolean): NodeOptions => ({ access: { deny: { has: is, size: 1 } } })],
  ] as const)('is refused where %s has its caller since', async (_, reason, options) => {
    let isListed = false;
    const { clock, send, node } = await openUnary(options(() => isListed));
    isListed = true;
    clock.advance(5_000);
    expect(await send()).toBe(reason);
    expect(node.handlersRun()).toBe(0);
  });

  it('is answered where nothing has changed, and in the grace period', async () => {
    const { clock, send } = await openUnary();
    clock.advance(HOUR_MS + GRACE_MS);
    expect(await send()).toBe('answered');
  });

  it('is answered in any case where its method is at-open', async () => {
    const { clock, send } = await openUnary({ rules: { '*': { stream: 'at-open' } } });
    clock.advance(100 * HOUR_MS);
    expect(await send()).toBe('answered');
  });
});

describe('a unary call whose request comes at once', () => {
  it('is looked at once', async () => {
    let looks = 0;
    const { send } = await openUnary({ isRevoked: () => (looks++, false) });
    expect(await send()).toBe('answered');
    expect(looks).toBe(1);
  });
});
