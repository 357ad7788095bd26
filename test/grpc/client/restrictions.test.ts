import { credentials, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource, type TokenSourceOptions } from '../../../src/client/create-token-source.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import { createClient, type CreateClientOptions } from '../../../src/grpc/client/create-client.js';
import { walletAuth, type WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { authReasonOf } from '../../../src/grpc/status.js';
import { fixedToken } from '../../../src/testing/fixed-token.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { settableClock } from '../../../src/testing/settable-clock.js';
import { callKinds, startDemoServer } from '../../support/demo-server.js';
import { NODE, SECRET, SLOT_MS } from '../../transports/restriction-table.js';

const demanded = { audience: NODE, challenge: { secret: SECRET }, require: { challenge: true } };
const plain = credentials.createInsecure();

async function start(options: WalletAuthOptions = {}) {
  const clock = settableClock();
  const events: DecisionEvent[] = [];
  const { now, timers } = clock;
  const server = await startDemoServer(
    walletAuth({ now, timers, onDecision: (event) => void events.push(event), ...options }),
  );
  onTestFinished(() => server.close());
  const client = (more: TokenSourceOptions = {}, calling: CreateClientOptions = {}) => {
    const source = createTokenSource(mintIdentity(), { now, random: () => 0, audience: NODE, ...more });
    const made = createClient(DemoService, server.target, plain, source, calling);
    onTestFinished(() => made.close());
    return made;
  };
  return {
    ...server,
    clock,
    events,
    client,
    decisions: () => events.map(({ reason, decision }) => reason ?? decision),
  };
}

describe.each(['unary', 'server stream'] as const)('a client of a node that demands its challenge, %s', (kind) => {
  it('is refused once, makes the call again with the challenge, and keeps up with the slots without a refusal', async () => {
    const { clock, client, decisions } = await start(demanded);
    const caller = client();
    expect((await callKinds[kind](caller)).error).toBeUndefined();
    for (let slot = 1; slot <= 4; slot++) {
      clock.advance(SLOT_MS);
      for (let i = 0; i < 2; i++) await callKinds[kind](caller);
    }
    expect(decisions()).toEqual(['CHALLENGE_REQUIRED', ...Array<string>(9).fill('admitted')]);
    clock.advance(3 * SLOT_MS);
    expect((await callKinds[kind](caller)).error).toBeUndefined();
    expect(decisions().slice(10)).toEqual(['CHALLENGE_REQUIRED', 'admitted']);
  });

  it('learns the challenge from a call that it does not repeat', async () => {
    const { client } = await start(demanded);
    const caller = client({}, { retry: false });
    expect(authReasonOf((await callKinds[kind](caller)).error as ServiceError)).toBe('CHALLENGE_REQUIRED');
    expect((await callKinds[kind](caller)).error).toBeUndefined();
  });
});

describe("createClient(…, { audience: 'target' })", () => {
  it('makes tokens for the host and port that it dials', async () => {
    const { target, client, events } = await start({ audience: NODE });
    const caller = client({ audience: undefined }, { audience: 'target' });
    expect(authReasonOf((await callKinds.unary(caller)).error as ServiceError)).toBe('WRONG_AUDIENCE');
    expect(events.map(({ error }) => error?.cause)).toEqual([{ audience: [target], names: [NODE] }]);
  });

  it.each([
    ['dns:///node.example', credentials.createSsl(), 'node.example:443'],
    ['ipv4:192.0.2.1:50051', credentials.createSsl(), '192.0.2.1:50051'],
    ['localhost', plain, 'localhost:80'],
  ])('names %s by what stands for it', (target, channel, audience) => {
    const asked: unknown[] = [];
    const source = { ...fixedToken('x'), forTarget: (...args: unknown[]) => (asked.push(args), fixedToken('x')) };
    createClient(DemoService, target, channel, source, { audience: 'target' }).close();
    createClient(DemoService, target, channel, source).close();
    expect(asked).toEqual([[target, { audience }], [target]]);
  });

  it.each(['unix:/run/node.sock', 'xds:///node', 'ipv4:192.0.2.1:1,192.0.2.2:1'])('is a TypeError for %s', (target) => {
    const options = { audience: 'target' } as const;
    const make = () => createClient(DemoService, target, credentials.createSsl(), fixedToken('x'), options);
    expect(make).toThrow(TypeError);
    expect(make).toThrow('names no single host');
  });

  it('is a TypeError for another value, and for a source that cannot tell nodes apart', () => {
    const { forTarget: _, ...bare } = fixedToken('x');
    const options = { audience: 'target' } as const;
    expect(() => createClient(DemoService, 'localhost:1', plain, bare, options)).toThrow('forTarget');
    expect(() => createClient(DemoService, 'localhost:1', plain, bare, { audience: NODE } as never)).toThrow(TypeError);
  });
});
