import { Code, createClient } from '@connectrpc/connect';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { createTokenSource, type TokenSourceOptions } from '../../src/client/create-token-source.js';
import { attachToken, type AttachTokenOptions } from '../../src/connect/client/attach-token.js';
import { AuthError } from '../../src/errors.js';
import type { GateOptions } from '../../src/gate/options.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken, type MintTokenOptions } from '../../src/testing/mint-token.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { builtProto } from '../support/built-proto.js';
import { callKinds, connectionTo, kindsOver, outcomeOf, type CallKind } from './calls.js';
import type { Protocol, Transport } from './node.js';
import { challengeOf, NODE, OLD_SECRET, restrictionTable, SECRET, SLOT_MS } from './restriction-table.js';
import { startNode, type NodeOptions, type StartedNode } from './start.js';

const demanded: GateOptions = { audience: NODE, challenge: { secret: SECRET }, require: { challenge: true } };

/** A service whose `.proto` says what tokens must carry. */
const registry = builtProto({
  messages: { Empty: [] },
  services: {
    Notes: {
      option: { require: { audience: true } },
      methods: {
        Read: { input: 'Empty' },
        Write: { input: 'Empty', option: { require: { challenge: true, maxLifetimeMs: 10_000n } } },
      },
    },
  },
});

/** What tokens may not do, alike on every transport. */
export function restrictionCases(transport: Transport, protocol: Protocol): void {
  const start = (options?: NodeOptions) => startNode(transport, protocol, options);
  const kinds = kindsOver(protocol);

  /** A client that makes tokens for a node, by its clock. */
  function clientOf(node: StartedNode, options: TokenSourceOptions = {}, attach: AttachTokenOptions = {}) {
    const { now } = node.clock;
    const source = createTokenSource(mintIdentity(), { now, random: () => 0, audience: NODE, ...options });
    const connection = connectionTo(node.running.baseUrl(protocol), protocol, [attachToken(source, attach)]);
    onTestFinished(connection.close);
    const client = createClient(DemoService, connection.transport);
    return { source, call: (kind: CallKind) => callKinds[kind](client, {}) };
  }

  const decisionsOf = ({ events }: StartedNode) => events.map(({ reason, decision }) => reason ?? decision);

  describe.each(kinds)('restrictions of a token, %s', (kind) => {
    it.each(restrictionTable)('$name: $reason', async ({ options, token, afterMs = 0, reason }) => {
      const node = await start(options);
      const authorization = `Bearer ${mintToken({ now: node.clock.now, ...token })}`;
      if (reason !== undefined && afterMs > 0) await node.call(kind, { authorization }); // it may be cached
      const before = node.handlersRun();
      node.clock.advance(afterMs);
      const outcome = await node.call(kind, { authorization });
      expect(outcome.reason).toBe(reason);
      const denied = reason === 'ACCESS_DENIED' ? Code.PermissionDenied : Code.Unauthenticated;
      expect(outcome.code).toBe(reason === undefined ? undefined : denied);
      expect(node.handlersRun() - before).toBe(reason === undefined ? 1 : 0);
      if (reason === 'CHALLENGE_REQUIRED')
        expect(outcome.info).toEqual({ challenge: challengeOf(Math.floor(afterMs / SLOT_MS)) });
    });

    it('the challenge and the end of the token go out with good answers', async () => {
      const node = await start({ audience: NODE, challenge: { secret: SECRET } });
      const token = { now: node.clock.now, validForMs: 60_000 };
      const outcome = await node.call(kind, { authorization: `Bearer ${mintToken(token)}` });
      expect(outcome.challenge).toBe(challengeOf(0));
      expect(outcome.expiresAtMs).toBe(String(node.clock.now().getTime() + 60_000));
    });

    it('no challenge goes out to callers without a token, or where there is none', async () => {
      const anonymous = await start({ audience: NODE, challenge: { secret: SECRET }, rules: { '*': 'optional' } });
      expect(await anonymous.call(kind)).toMatchObject({ code: undefined, challenge: null });
      const plain = await start();
      expect(await plain.call(kind, plain.fresh())).toMatchObject({ code: undefined, challenge: null });
    });
  });

  it('demands of a .proto are kept to', async () => {
    const service = registry.getService('test.v1.Notes')!;
    const options = { audience: NODE, challenge: { secret: SECRET } };
    const node = await start({ ...options, services: [service, DemoService], beside: [service] });
    const reasonOf = async (index: number, token: MintTokenOptions) => {
      const headers = { authorization: `Bearer ${mintToken({ now: node.clock.now, ...token })}` };
      const { reason } = await outcomeOf(headers, async (given) => {
        const { transport: sender } = node.connection;
        const method = service.methods[index]! as never;
        return [(await sender.unary(method, undefined, undefined, given.headers, {})).message];
      });
      return reason;
    };
    const challenged = { audience: NODE, challenge: challengeOf(0) };
    const { now } = settableClock(node.clock.now().getTime() - 10_001);
    expect(await reasonOf(0, {})).toBe('WRONG_AUDIENCE');
    expect(await reasonOf(0, { audience: NODE })).toBeUndefined();
    expect(await reasonOf(0, { audience: NODE, now })).toBeUndefined();
    expect(await reasonOf(1, { audience: NODE })).toBe('CHALLENGE_REQUIRED');
    expect(await reasonOf(1, { ...challenged, now })).toBe('TOKEN_EXPIRED');
    expect(await reasonOf(1, challenged)).toBeUndefined();
  });

  describe.each(['unary', 'server stream'] as const)('a client of a node that demands its challenge, %s', (kind) => {
    it('is refused once, makes the call again with the challenge, and keeps up with the slots without a refusal', async () => {
      const node = await start(demanded);
      const { call } = clientOf(node);
      expect((await call(kind)).code).toBeUndefined();
      expect(decisionsOf(node)).toEqual(['CHALLENGE_REQUIRED', 'admitted']);
      for (let slot = 1; slot <= 4; slot++) {
        node.clock.advance(SLOT_MS);
        for (let i = 0; i < 2; i++) expect((await call(kind)).code).toBeUndefined();
      }
      expect(decisionsOf(node).slice(2)).toEqual(Array(8).fill('admitted'));
    });

    it('is refused once more after it was away for three slots', async () => {
      const node = await start(demanded);
      const { call } = clientOf(node);
      await call(kind);
      node.clock.advance(3 * SLOT_MS);
      expect((await call(kind)).code).toBeUndefined();
      expect(decisionsOf(node).slice(2)).toEqual(['CHALLENGE_REQUIRED', 'admitted']);
    });

    it('makes a hundred calls at once and needs one new token', async () => {
      const node = await start(demanded);
      const { call } = clientOf(node);
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => call(kind)));
      expect(outcomes.filter(({ code }) => code !== undefined)).toEqual([]);
      expect(node.running.facts.cachedTokens).toBe(1);
    });

    it('gets CHALLENGE_REQUIRED where its tokens name no audience, or repeats are off; the source learns all the same', async () => {
      const node = await start(demanded);
      expect((await clientOf(node, { audience: undefined }).call(kind)).reason).toBe('CHALLENGE_REQUIRED');
      const { call } = clientOf(node, {}, { retry: false });
      const before = node.events.length;
      expect((await call(kind)).reason).toBe('CHALLENGE_REQUIRED');
      expect((await call(kind)).reason).toBeUndefined();
      expect(decisionsOf(node).slice(before)).toEqual(['CHALLENGE_REQUIRED', 'admitted']);
    });
  });

  it('nodes with the same secret accept the challenges of each other, over a change of it, too', async () => {
    const clock = settableClock();
    const nodeWith = (...secrets: string[]) => start({ ...demanded, clock, challenge: { secrets } });
    const nodes = [await nodeWith(OLD_SECRET), await nodeWith(OLD_SECRET, SECRET), await nodeWith(SECRET, OLD_SECRET)];
    const first = nodes[0]!;
    const { source, call } = clientOf(first);
    await call('unary');
    const [old, both, changed] = nodes;
    const headers = { authorization: `Bearer ${await source.forTarget(first.running.baseUrl(protocol)).get()}` };
    for (const node of [old!, both!, changed!]) expect((await node.call('unary', headers)).code).toBeUndefined();
    const next = clientOf(changed!);
    await next.call('unary');
    const view = next.source.forTarget(changed!.running.baseUrl(protocol));
    const newer = { authorization: `Bearer ${await view.get()}` };
    expect((await both!.call('unary', newer)).code).toBeUndefined();
    expect((await old!.call('unary', newer)).reason).toBe('CHALLENGE_REQUIRED');
  });

  it('a client that names its target as the audience names host and port', async () => {
    const node = await start({ audience: NODE });
    const { call } = clientOf(node, { audience: undefined }, { audience: 'target' });
    expect((await call('unary')).reason).toBe('WRONG_AUDIENCE');
    const cause = node.events[0]?.error?.cause;
    expect(cause).toMatchObject({ audience: [new URL(node.running.baseUrl(protocol)).host] });
    expect(node.events).toHaveLength(1); // nothing mends that
  });

  it('a certificate that a node finds too old is replaced for the next call, and nothing is repeated for it', async () => {
    const node = await start({ maxCertificateAgeMs: 1_000 });
    node.clock.advance(1_001);
    let calls = 0;
    const { call } = clientOf(node, { audience: undefined, onCertificateExpired: () => (calls++, mintIdentity()) });
    for (let i = 0; i < 4; i++) expect((await call('unary')).reason).toBe('CERTIFICATE_EXPIRED');
    expect([calls, node.events.length]).toEqual([1, 4]);
    const other = await start();
    const ending = clientOf(other, { audience: undefined, onCertificateExpired: () => mintIdentity() });
    expect((await ending.call('unary')).code).toBeUndefined();
  });

  it('a client learns the time of the node from a refusal that it does not repeat', async () => {
    const node = await start();
    const ahead = () => new Date(node.clock.now().getTime() + 7_200_000);
    const { call } = clientOf(node, { audience: undefined, now: ahead }, { retry: false });
    expect((await call('unary')).reason).toBe('TOKEN_FROM_FUTURE');
    expect((await call('unary')).code).toBeUndefined();
  });

  it('CHALLENGE_REQUIRED of a handler makes no client call again', async () => {
    const node = await start({ audience: NODE });
    node.own.whoAmI = () =>
      Promise.reject(new AuthError('CHALLENGE_REQUIRED', { info: { challenge: challengeOf(0) } }));
    const { call } = clientOf(node);
    expect(await call('unary')).toMatchObject({ code: Code.Unauthenticated, reason: undefined });
    expect(node.handlersRun()).toBe(1);
  });
}
