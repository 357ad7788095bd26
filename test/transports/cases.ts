import { Code } from '@connectrpc/connect';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { AuthError, type AuthReason } from '../../src/errors.js';
import type { CallInfo } from '../../src/gate/call/call.js';
import { mintIdentity } from '../../src/testing/mint-identity.js';
import { mintToken } from '../../src/testing/mint-token.js';
import { testWallets } from '../../src/testing/test-wallets.js';
import { builtProto } from '../support/built-proto.js';
import { now, tokens } from '../support/tokens.js';
import { callKinds, connectionTo, kindsOver, methodOf, outcomeOf, type CallHeaders } from './calls.js';
import { deviceCases } from './device-cases.js';
import type { Transport } from './node.js';
import { restrictionCases } from './restriction-cases.js';
import { startNode as startOn, type NodeOptions } from './start.js';
import { streamCases } from './stream-cases.js';

/** What callers may come with, and what a node must find wrong about it. */
const credentials: Record<string, { header?: string; reason?: AuthReason }> = {
  'no token': { reason: 'MISSING_CREDENTIALS' },
  'no scheme': { header: mintToken({ now }), reason: 'MALFORMED_HEADER' },
  'another scheme': { header: `Basic ${mintToken({ now })}`, reason: 'UNSUPPORTED_SCHEME' },
  'a malformed token': { header: 'Bearer not/a/token', reason: 'MALFORMED_TOKEN' },
  'an oversized token': { header: `Bearer ${'A'.repeat(4097)}`, reason: 'TOKEN_TOO_LARGE' },
  'an expired token': { header: tokens.expired, reason: 'TOKEN_EXPIRED' },
  'a token from the future': { header: tokens.fromFuture, reason: 'TOKEN_FROM_FUTURE' },
  'a forged token': { header: tokens.forged, reason: 'INVALID_AUTH_DATA_SIGNATURE' },
  "another wallet's address": { header: tokens.wrongWallet, reason: 'WALLET_MISMATCH' },
  'an uncertified key': { header: tokens.uncertified, reason: 'UNSIGNED_IDENTITY_KEY' },
  'a good token': { header: tokens.good },
};

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const { deviceId } = mintIdentity();
const good: CallHeaders = { authorization: tokens.good };
const bobs: CallHeaders = { authorization: tokens.bobs };
const limits = { classes: { default: { points: 2, windowMs: 10_000 } } };

/** A service whose `.proto` declares its policies. */
const registry = builtProto({
  messages: { Empty: [], Item: [{ name: 'owner', own: true }] },
  services: {
    Notes: {
      option: { auth: 2, cost: 2 },
      methods: {
        Read: { input: 'Empty' },
        Write: { input: 'Item', option: { auth: 1 } },
      },
    },
  },
});

/** The cases that every transport of this library must pass, over each of its protocols, with the same outcomes. */
export function transportCases(transport: Transport): void {
  describe.each(transport.protocols)(`${transport.name} over $name, HTTP/$httpVersion`, (protocol) => {
    const start = (options?: NodeOptions) => startOn(transport, protocol, options);
    const kinds = kindsOver(protocol);

    describe.each(['required', 'optional', 'public'] as const)('methods that are %s', (rule) => {
      it.each(kinds)('%s: every kind of credentials has its outcome', async (kind) => {
        const node = await start({ rules: { '*': rule } });
        for (const { header, reason } of Object.values(credentials)) {
          const before = node.handlersRun();
          const outcome = await node.call(kind, header === undefined ? {} : { authorization: header });
          const refusedFor = header === undefined && rule !== 'required' ? undefined : reason;
          expect(outcome.reason).toBe(refusedFor);
          expect(outcome.code).toBe(refusedFor === undefined ? undefined : Code.Unauthenticated);
          expect(node.handlersRun() - before).toBe(refusedFor === undefined ? 1 : 0);
          if (refusedFor !== undefined) continue;
          const isKnown = header !== undefined && rule !== 'public';
          expect(new Set(outcome.wallets)).toEqual(new Set([isKnown ? alice : 'nobody']));
          expect(outcome.expiresAtMs).toBe(header === undefined ? null : String(now().getTime() + 3_600_000));
        }
      });
    });

    describe.each(kinds)('%s', (kind) => {
      it.each([
        ['wallet', alice],
        ['device', deviceId],
        ['address', '127.0.0.1'],
        ['range', '127.0.0.0/8'],
      ])('a denied %s is refused and its handler does not run', async (_, entry) => {
        const node = await start({ access: { deny: [entry] } });
        expect(await node.call(kind, good)).toMatchObject({ reason: 'ACCESS_DENIED', code: Code.PermissionDenied });
        expect(node.handlersRun()).toBe(0);
      });

      it('only those in the list are admitted', async () => {
        const node = await start({ access: { allow: [alice] } });
        expect((await node.call(kind, good)).reason).toBeUndefined();
        expect((await node.call(kind, bobs)).reason).toBe('ACCESS_DENIED');
        expect(node.handlersRun()).toBe(1);
      });

      it('a caller who called too often waits, others do not', async () => {
        const node = await start({ limits });
        for (let i = 0; i < 2; i++) expect((await node.call(kind, good)).code).toBeUndefined();
        expect(await node.call(kind, good)).toEqual({
          wallets: [],
          code: Code.ResourceExhausted,
          message: 'rate limit exceeded',
          reason: 'RATE_LIMITED',
          info: { retry_after_ms: '5000' },
          retryAfterMs: 5_000,
          expiresAtMs: null,
          challenge: null,
        });
        expect(node.handlersRun()).toBe(2);
        expect((await node.call(kind, bobs)).code).toBeUndefined();
        node.clock.advance(5_000);
        expect((await node.call(kind, good)).code).toBeUndefined();
      });

      it('hooks see the caller, its address and its headers, and their refusals arrive as they are', async () => {
        const seen: unknown[] = [];
        const authorize = (identity: { wallet: string } | undefined, call: CallInfo) => {
          seen.push([identity?.wallet, call.method, call.address, call.header('x-room'), call.header('x-none')]);
          return new AuthError('ACCESS_DENIED', { message: 'members only', info: { club: 'chess' }, cause: 'secret' });
        };
        const node = await start({ authorize });
        const outcome = await node.call(kind, { ...good, 'x-room': 'red' });
        expect(outcome).toMatchObject({ message: 'members only', reason: 'ACCESS_DENIED', info: { club: 'chess' } });
        expect(seen).toEqual([[alice, methodOf[kind], '127.0.0.1', ['red'], []]]);
      });

      it('whatever a hook throws is INTERNAL without its text', async () => {
        const node = await start({ authorize: () => Promise.reject(new Error('secret')) });
        expect(await node.call(kind, good)).toMatchObject({
          code: Code.Internal,
          reason: 'INTERNAL',
          message: 'authentication failed',
        });
        expect(node.handlersRun()).toBe(0);
      });

      it('what is decided is reported, with the same labels', async () => {
        const node = await start({ limits });
        for (const headers of [{}, good, good, good]) await node.call(kind, headers);
        expect(
          node.events.map(({ method, rule, decision, reason, limit, cached }) => [
            method,
            rule,
            decision,
            reason,
            limit,
            cached,
          ]),
        ).toEqual([
          [methodOf[kind], 'required', 'refused', 'MISSING_CREDENTIALS', undefined, undefined],
          [methodOf[kind], 'required', 'admitted', undefined, 'default', false],
          [methodOf[kind], 'required', 'admitted', undefined, 'default', true],
          [methodOf[kind], 'required', 'refused', 'RATE_LIMITED', 'default', true],
        ]);
      });

      it.each(['DEVICE_REVOKED', 'ACCESS_DENIED'] as const)(
        "a handler's AuthError %s arrives with its reason",
        async (reason) => {
          const node = await start();
          failing(node.own, () => new AuthError(reason, { info: { since: 'monday' } }));
          expect(await node.call(kind, good)).toMatchObject({ reason, info: { since: 'monday' } });
        },
      );

      it.each(['TOKEN_EXPIRED', 'RATE_LIMITED'] as const)(
        "a handler's AuthError %s has its status and no reason for a repeat",
        async (reason) => {
          const node = await start();
          failing(node.own, () => new AuthError(reason, { info: { retry_after_ms: '1' } }));
          const { code, message } = new AuthError(reason);
          expect(await node.call(kind, good)).toMatchObject({ code, message, reason: undefined });
        },
      );
    });

    describe('the end of a token', () => {
      const end = String(now().getTime() + 3_600_000);
      const isOneConnection = protocol.httpVersion === '2';

      it('goes out with the first unary answer on a connection, and with the first on another one', async () => {
        const node = await start();
        const ends = [];
        for (let i = 0; i < 3; i++) ends.push((await node.call('unary', good)).expiresAtMs);
        expect(ends[0]).toBe(end);
        if (isOneConnection) expect(ends).toEqual([end, null, null]);
        const { client, close } = connectionTo(node.running.baseUrl(protocol), protocol);
        onTestFinished(close);
        if (isOneConnection) expect((await callKinds.unary(client, good)).expiresAtMs).toBe(end);
      });

      it('goes out for each of two callers who take turns on one connection, and for a newer token', async () => {
        const node = await start();
        for (const headers of [good, bobs]) expect((await node.call('unary', headers)).expiresAtMs).toBe(end);
        if (isOneConnection)
          for (const headers of [good, bobs]) expect((await node.call('unary', headers)).expiresAtMs).toBeNull();
        node.clock.advance(1_000);
        expect((await node.call('unary', node.fresh())).expiresAtMs).toBe(String(Number(end) + 1_000));
      });

      it('goes out with every stream, whose headers show that it was admitted', async () => {
        const node = await start();
        for (const kind of kinds.filter((each) => each !== 'unary'))
          for (let i = 0; i < 2; i++) expect((await node.call(kind, good)).expiresAtMs).toBe(end);
      });

      it('goes out again when the answer that carried it failed', async () => {
        const node = await start();
        failing(node.own, () => new AuthError('ACCESS_DENIED'));
        expect((await node.call('unary', good)).reason).toBe('ACCESS_DENIED');
        Object.assign(node.own, { whoAmI: undefined });
        expect((await node.call('unary', good)).expiresAtMs).toBe(end);
      });
    });

    describe('the gate', () => {
      it('denies an address before it looks at the token', async () => {
        const node = await start({ access: { deny: ['127.0.0.1'] } });
        expect((await node.call('unary', { authorization: 'Bearer junk' })).reason).toBe('ACCESS_DENIED');
      });

      it('limits all calls of an address before authentication, if asked', async () => {
        const beforeAuthentication = { points: 2, windowMs: 60_000 };
        const node = await start({ limits: { ...limits, beforeAuthentication } });
        const reasons = [];
        for (let i = 0; i < 3; i++) reasons.push((await node.call('unary', { authorization: 'Bearer junk' })).reason);
        expect(reasons).toEqual(['MALFORMED_TOKEN', 'MALFORMED_TOKEN', 'RATE_LIMITED']);
      });

      it('bounds forged tokens of an address', async () => {
        const node = await start({ failedTokenLimit: { failures: 1, windowMs: 60_000 } });
        const reasons = [];
        for (let i = 0; i < 2; i++) reasons.push((await node.call('unary', { authorization: tokens.forged })).reason);
        expect(reasons).toEqual(['INVALID_AUTH_DATA_SIGNATURE', 'RATE_LIMITED']);
      });

      it('believes what a trusted proxy says about the address, and nobody else', async () => {
        const deny = ['203.0.113.0/24', '2001:db8::7'];
        const trusting = await start({ access: { deny }, trustedProxies: ['127.0.0.1'] });
        const from = (address: string) => ({ ...good, 'x-forwarded-for': address });
        expect((await trusting.call('unary', from('203.0.113.7'))).reason).toBe('ACCESS_DENIED');
        expect((await trusting.call('unary', from('2001:db8:0::7'))).reason).toBe('ACCESS_DENIED');
        expect((await trusting.call('unary', from('203.0.113.7, 192.0.2.1'))).reason).toBeUndefined();
        const other = await start({ access: { deny } });
        expect((await other.call('unary', from('203.0.113.7'))).reason).toBeUndefined();
      });

      it('counts anonymous callers by their address', async () => {
        const node = await start({ rules: { '*': 'optional' }, limits });
        const reasons = [];
        for (let i = 0; i < 3; i++) reasons.push((await node.call('unary')).reason);
        expect(reasons).toEqual([undefined, undefined, 'RATE_LIMITED']);
      });

      it('takes policies from the options of a .proto, own_wallet fields too', async () => {
        const service = registry.getService('test.v1.Notes')!;
        const services = [service, DemoService];
        const node = await start({ services, limits, beside: [service] });
        const call = (index: number, message: object, headers: CallHeaders) =>
          outcomeOf(headers, async (options) => {
            const method = service.methods[index]! as never;
            const answer = await node.connection.transport.unary(
              method,
              undefined,
              undefined,
              options.headers,
              message as never,
            );
            return [answer.message];
          });
        expect((await call(1, { owner: alice }, {})).reason).toBe('MISSING_CREDENTIALS');
        expect((await call(0, {}, {})).reason).toBeUndefined(); // optional, and costs all that there is
        expect((await call(0, {}, {})).reason).toBe('RATE_LIMITED');
        expect(await call(1, { owner: bob }, good)).toMatchObject({
          reason: 'ACCESS_DENIED',
          message: 'owner must be your own wallet address',
        });
        node.clock.advance(10_000);
        expect((await call(1, { owner: alice }, good)).reason).toBeUndefined();
      });

      it('checks own_wallet fields in each message of a request stream', async () => {
        const rules = { [methodOf['client stream']]: { ownWallet: ['text'] } };
        const node = await start({ rules });
        let noted = 0;
        node.own.collectNotes = async (_, requests) => {
          for await (const { text } of requests) noted += text.length > 0 ? 1 : 0;
          return { wallet: alice, count: noted };
        };
        const collect = (...texts: string[]) =>
          outcomeOf(good, async (options) => [
            await node.connection.client.collectNotes(
              (async function* () {
                for (const text of texts) yield { text };
              })(),
              options,
            ),
          ]);
        expect(await collect(alice, bob, alice)).toMatchObject({
          wallets: [],
          reason: 'ACCESS_DENIED',
          message: 'text must be your own wallet address',
        });
        expect(noted).toBe(1);
        expect((await collect(alice, alice)).reason).toBeUndefined();
        expect(node.events.map(({ decision }) => decision)).toEqual(['admitted', 'ended', 'admitted']);
      });

      it('asks authorizeMessage about each message, in order, however long it takes', async () => {
        const seen: string[] = [];
        const authorizeMessage = async (_: unknown, { text }: { text: string }) => {
          await new Promise(setImmediate);
          seen.push(text);
          return text !== 'b';
        };
        const rules = { [methodOf['client stream']]: { authorizeMessage } };
        const node = await start({ rules });
        expect(await node.call('client stream', good)).toMatchObject({ reason: 'ACCESS_DENIED', wallets: [] });
        expect(seen).toEqual(['a', 'b']);
      });

      it('gives each of many calls at once its own caller', async () => {
        const node = await start();
        node.own.whoAmI = async ({ identity }) => {
          await new Promise(setImmediate);
          return { wallet: identity!.wallet, deviceId: '' };
        };
        const outcomes = await Promise.all(
          Array.from({ length: 40 }, (_, i) => node.call('unary', i % 2 === 0 ? good : bobs)),
        );
        expect(outcomes.map(({ wallets }) => wallets)).toEqual(outcomes.map((_, i) => [i % 2 === 0 ? alice : bob]));
      });

      it('shows its facts, and compares rules with services', async () => {
        const { running, call } = await start({ rules: { [methodOf.unary]: 'public' } });
        await call('unary', good);
        const { cachedTokens, cachedDevices, hardCloses } = running.facts;
        expect([cachedTokens, cachedDevices, hardCloses]).toEqual([1, 1, 0]);
        const { rules } = running.facts.checkRules([DemoService]);
        expect(rules.map(({ pattern }) => pattern)).toContain(methodOf.unary);
        expect(() => running.facts.checkRules([])).toThrow(TypeError);
      });
    });

    streamCases(transport, protocol);
    deviceCases(transport, protocol);
    restrictionCases(transport, protocol);
  });
}

/** Makes all handlers fail. */
function failing(own: object, error: () => Error): void {
  const reject = async () => {
    throw error();
  };
  const rejectStream = () => ({ [Symbol.asyncIterator]: () => ({ next: reject }) });
  Object.assign(own, { whoAmI: reject, collectNotes: reject, countUp: rejectStream, chat: rejectStream });
}
