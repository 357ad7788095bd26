import { credentials, makeClientConstructor, Metadata, Server, status as Status } from '@grpc/grpc-js';
import { Wallet } from 'ethers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { DeviceService, type RevokeByWalletResponse } from '../../../gen/walletauth/v1/devices_pb.js';
import { createToken, createTokenSource, signRevocation } from '../../../src/client/index.js';
import { createDeviceRegistry, type DeviceRegistryOptions } from '../../../src/devices/index.js';
import type { DecisionEvent } from '../../../src/gate/decision.js';
import {
  addDeviceService,
  authDetailsOf,
  authReasonOf,
  createDeviceClient,
  grpcServiceDefinition,
  revokeByWallet,
  walletAuth,
  type WalletAuthOptions,
} from '../../../src/grpc/index.js';
import { mintIdentity, settableClock, testWallets } from '../../../src/testing/index.js';
import { countingCurve } from '../../support/counting-curve.js';
import { authorization, bindToLoopback } from '../../support/demo-server.js';
import { networkName, requestOf, stated, type StatementFields } from '../../support/statements.js';
import { tokens } from '../../support/tokens.js';

const { alice, bob } = testWallets;
const plain = credentials.createInsecure();
const phone = mintIdentity();

interface NodeOptions {
  readonly registry?: DeviceRegistryOptions;
  readonly gate?: WalletAuthOptions;
  /** Whether the gate has the devices. Default `true`. */
  readonly isKnown?: boolean;
}

/** A real server with a registry of its own and curves that count, and callers with and without tokens. */
async function startNode({ registry, gate, isKnown = true }: NodeOptions = {}) {
  const clock = settableClock();
  clock.set(new Date(Date.now()));
  const devices = await createDeviceRegistry({ networkName, now: clock.now, timers: clock.timers, ...registry });
  const [curve, tokenCurve] = [countingCurve(), countingCurve()];
  const events: DecisionEvent[] = [];
  const given = isKnown ? { devices } : {};
  const onDecision = (event: DecisionEvent) => void events.push(event);
  const auth = walletAuth({ ...given, now: clock.now, timers: clock.timers, curve: tokenCurve, onDecision, ...gate });
  const server = new Server({ interceptors: [auth] });
  const onError = vi.fn<(error: unknown) => void>();
  addDeviceService(server, devices, { curve, onError });
  const target = `127.0.0.1:${await bindToLoopback(server)}`;
  const RawClient = makeClientConstructor(grpcServiceDefinition(DeviceService), 'DeviceService');
  const raw = new RawClient(target, plain) as never as {
    revokeByWallet(r: object, m: Metadata, done: (e: Error | null, a?: RevokeByWalletResponse) => void): void;
    close(): void;
  };
  const client = createDeviceClient(target, plain, createTokenSource(phone, { now: clock.now }), { retry: false });
  onTestFinished(async () => {
    raw.close();
    client.close();
    server.forceShutdown();
    await devices.close();
  });
  /** What became of a request: whether it changed anything, or the error. */
  const submit = (request: StatementFields | object, metadata = new Metadata()) =>
    new Promise<boolean | undefined>((resolve, reject) => {
      raw.revokeByWallet(request, metadata, (error, answer) => (error ? reject(error) : resolve(answer?.changed)));
    });
  const outcome = (request: StatementFields | object, metadata?: Metadata) =>
    submit(request, metadata).catch((error: { code: number }) => authReasonOf(error) ?? Status[error.code]);
  const nowMs = () => clock.now().getTime();
  const all = async (wallet = alice) => requestOf(await stated({ untilMs: nowMs() }, wallet));
  return { clock, nowMs, devices, curve, tokenCurve, events, target, client, submit, outcome, all, onError };
}

const from = (address: string, metadata = new Metadata()) => {
  metadata.set('x-forwarded-for', address);
  return metadata;
};
const behindProxy = { gate: { trustedProxies: ['127.0.0.1'] } };

describe('RevokeByWallet on a real server', () => {
  it('works without any device or token: the client’s statement signs the phone out', async () => {
    const { client, devices, nowMs, target, tokenCurve } = await startNode();
    await client.rename(phone.deviceId, 'phone');
    await devices.confirm(phone.deviceId);
    tokenCurve.calls.verify = tokenCurve.calls.recover = 0;
    const revocation = await signRevocation(alice, { networkName, deviceId: phone.deviceId });
    expect(await revokeByWallet(target, plain, revocation)).toEqual({ changed: true });
    expect(await revokeByWallet(target, plain, revocation)).toEqual({ changed: false });
    expect(tokenCurve.calls).toEqual({ verify: 0, recover: 0 });
    expect(await client.whoAmI().catch(authReasonOf)).toBe('DEVICE_REVOKED');
    const later = await signRevocation(alice, { networkName, until: new Date(nowMs()) });
    expect(await revokeByWallet(target, plain, later)).toEqual({ changed: true });
  });

  it('works for a caller with the token of a revoked device, an expired or a forged one: no token is looked at', async () => {
    const { all, client, clock, devices, outcome, tokenCurve, events } = await startNode();
    await client.rename(phone.deviceId, 'phone');
    await devices.revoke(phone.deviceId);
    tokenCurve.calls.verify = tokenCurve.calls.recover = 0;
    const revoked = authorization(createToken(phone, { now: clock.now }));
    expect(await outcome(await all(), revoked)).toBe(true);
    for (const text of [tokens.expired, tokens.forged, 'nonsense'])
      expect(await outcome(await all(), authorization(text))).toBe(false);
    expect(tokenCurve.calls).toEqual({ verify: 0, recover: 0 });
    expect(events.at(-1)).toMatchObject({ decision: 'admitted', rule: 'public', cached: undefined });
  });

  it.each<[string, WalletAuthOptions]>([
    ['a rule for the service', { rules: { 'walletauth.v1.DeviceService/*': 'required' } }],
    ['a rule for the method', { rules: { 'walletauth.v1.DeviceService/RevokeByWallet': 'optional' } }],
    ['an `authorize` that admits nobody', { authorize: () => false }],
    ['the methods’ own .proto', { services: [DeviceService] }],
  ])('%s does not close it', async (_, gate) => {
    const { all, outcome } = await startNode({ gate });
    expect(await outcome(await all())).toBe(true);
  });

  it('lists of addresses hold for it', async () => {
    const { all, curve, outcome } = await startNode({ gate: { access: { deny: ['127.0.0.1'] } } });
    expect(await outcome(await all())).toBe('ACCESS_DENIED');
    expect(curve.calls.recover).toBe(0);
  });

  it('without networkName it answers UNIMPLEMENTED to everybody', async () => {
    const { all, curve, outcome } = await startNode({ registry: { networkName: undefined } });
    expect(await outcome(await all())).toBe('UNIMPLEMENTED');
    expect(await outcome({})).toBe('UNIMPLEMENTED');
    expect(curve.calls.recover).toBe(0);
  });

  it('behind a gate that does not have the devices it never reaches the curve, whatever the rules say', async () => {
    const { all, curve, outcome } = await startNode({
      isKnown: false,
      gate: { rules: { 'walletauth.v1.DeviceService/RevokeByWallet': 'public' } },
    });
    expect(await outcome(await all())).toBe('UNIMPLEMENTED');
    expect(curve.calls.recover).toBe(0);
  });

  it.each<[string, () => Promise<object>, string]>([
    ['another wallet', async () => requestOf(await stated({ untilMs: 1_000 }, bob)), 'WALLET_MISMATCH'],
    ['another network', async () => requestOf(await stated({ untilMs: 1_000 }, alice, 'other')), 'WALLET_MISMATCH'],
    ['no key at all', async () => ({ signature: new Uint8Array(65) }), 'INVALID_WALLET_SIGNATURE'],
    ['64 bytes', async () => ({ signature: new Uint8Array(64) }), 'INVALID_ARGUMENT'],
    ['a wallet that is none', async () => ({ wallet: 'alice' }), 'INVALID_ARGUMENT'],
    ['no scope', async () => ({ scope: { case: undefined } }), 'INVALID_ARGUMENT'],
    [
      'a device without a confirmed row',
      async () => requestOf(await stated({ deviceId: phone.deviceId })),
      'FAILED_PRECONDITION',
    ],
  ])('a statement of %s is refused with a status of its own', async (_, make, expected) => {
    const { outcome, devices, onError } = await startNode();
    const own = requestOf(await stated({ untilMs: 1_000 }));
    expect(
      await outcome({ ...own, ...(await make()), ...(expected === 'WALLET_MISMATCH' && { wallet: alice.address }) }),
    ).toBe(expected);
    expect(devices.health()).toMatchObject({ revocations: 0, revokedWallets: 0 });
    expect(onError).not.toHaveBeenCalled();
  });

  it('a time more than a minute ahead of the node is INVALID_ARGUMENT', async () => {
    const { curve, nowMs, outcome } = await startNode();
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() + 61_000 })))).toBe('INVALID_ARGUMENT');
    expect(curve.calls.recover).toBe(0);
  });

  it('RATE_LIMITED where the share of unknown wallets is full reaches the caller as the node’s own reason', async () => {
    const { all, nowMs, submit } = await startNode({ registry: { bounds: { revocations: 10 } } });
    expect(await submit(await all())).toBe(true);
    const wallet = Wallet.createRandom();
    const signMessage = ({ message }: { message: string }) => wallet.signMessageSync(message);
    const request = requestOf(await stated({ untilMs: nowMs() }, { address: wallet.address, signMessage }));
    const error: unknown = await submit(request).catch((thrown: unknown) => thrown);
    expect(authDetailsOf(error)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: undefined });
    expect(error).toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
  });

  it('what a registry fails with does not reach the caller', async () => {
    const { all, devices, onError, outcome, submit } = await startNode();
    devices.list = () => Promise.reject(new Error('redis://secret'));
    const error: unknown = await submit(await all()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: Status.INTERNAL });
    expect((error as Error).message).not.toContain('secret');
    expect(onError).toHaveBeenCalledOnce();
    devices.list = async () => [];
    await devices.close();
    expect(await outcome(await all())).toBe('AUTH_UNAVAILABLE');
  });
});

describe('a flood of statements', () => {
  it('from one address uses the curve 20 times in a minute, good or bad, and is RATE_LIMITED before the curve', async () => {
    const { all, curve, events, outcome, submit } = await startNode();
    const [good, bad] = [await all(), requestOf(await stated({ untilMs: 1_000 }, alice, 'other'))];
    for (let i = 0; i < 20; i++) await outcome(i % 2 === 0 ? good : bad);
    expect(curve.calls).toEqual({ recover: 20, verify: 0 });
    const error: unknown = await submit(good).catch((thrown: unknown) => thrown);
    expect(authDetailsOf(error)).toMatchObject({ reason: 'RATE_LIMITED', retryAfterMs: 3_000 });
    for (let i = 0; i < 100; i++) expect(await outcome(bad)).toBe('RATE_LIMITED');
    expect(curve.calls.recover).toBe(20);
    expect(events.at(-1)).toMatchObject({ decision: 'refused', reason: 'RATE_LIMITED' });
  });

  it('of malformed ones counts too, and uses no curve', async () => {
    const { curve, outcome } = await startNode();
    for (let i = 0; i < 20; i++) expect(await outcome({ wallet: 'x' })).toBe('INVALID_ARGUMENT');
    expect(await outcome({ wallet: 'x' })).toBe('RATE_LIMITED');
    expect(curve.calls.recover).toBe(0);
  });

  it('has room again as time passes', async () => {
    const { all, clock, outcome } = await startNode();
    for (let i = 0; i < 20; i++) await outcome({});
    expect(await outcome(await all())).toBe('RATE_LIMITED');
    clock.advance(3_000);
    expect(await outcome(await all())).toBe(true);
    expect(await outcome(await all())).toBe('RATE_LIMITED');
  });

  it('does not keep other addresses out, and counts an IPv6 network as one', async () => {
    const { all, curve, outcome } = await startNode(behindProxy);
    for (let i = 0; i < 25; i++) await outcome({}, from(`2001:db8::${i.toString(16)}`));
    expect(await outcome(await all(), from('2001:db8::ffff'))).toBe('RATE_LIMITED');
    expect(curve.calls.recover).toBe(0);
    expect(await outcome(await all(), from('2001:db8:0:1::1'))).toBe(true);
    expect(await outcome(await all(), from('203.0.113.7'))).toBe(false);
  });

  it('is not shaken off by an address that the caller wrote itself', async () => {
    const { outcome } = await startNode();
    for (let i = 0; i < 20; i++) await outcome({}, from(`203.0.113.${i}`));
    expect(await outcome({}, from('203.0.113.99'))).toBe('RATE_LIMITED');
  });
});

describe('the client function revokeByWallet', () => {
  it('does not call another machine in clear, unless it is told to', async () => {
    const revocation = await signRevocation(alice, { networkName });
    await expect(revokeByWallet('node.example:80', plain, revocation)).rejects.toThrow(
      'anybody could answer in clear for node.example:80',
    );
    await expect(revokeByWallet('node.example:80', plain, revocation)).rejects.toThrow(TypeError);
    const { target } = await startNode();
    const elsewhere = target.replace('127.0.0.1', '0.0.0.0'); // leads to this machine, and does not count as it
    expect(await revokeByWallet(elsewhere, plain, revocation, { allowInsecure: true })).toEqual({ changed: true });
  });

  it.each<[string, object]>([
    ['timeoutMs must', { timeoutMs: 0 }],
    ['allowInsecure must', { allowInsecure: 'yes' }],
    ['unknown option', { retry: true }],
  ])('%s: wrong options are a TypeError', async (message, options) => {
    const revocation = await signRevocation(alice, { networkName });
    const error: unknown = await revokeByWallet('localhost:1', plain, revocation, options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
  });
});
