import { Wallet, type HDNodeWallet } from 'ethers';
import { describe, expect, it } from 'vitest';

import { nobleCurve } from '../../../src/crypto/noble-curve.js';
import type { DeviceRegistryOptions } from '../../../src/devices/options.js';
import { createDeviceService } from '../../../src/devices/service/service.js';
import { testWallets } from '../../../src/testing/index.js';
import { countingCurve } from '../../support/counting-curve.js';
import { fakeRegistry } from '../../support/fake-registry.js';
import { HOUR_MS, idOf, startRegistry } from '../../support/registry.js';
import { networkName, requestOf, stated, withHighS, type StatementFields } from '../../support/statements.js';

const { alice, bob } = testWallets;
const changed = { changed: true };
const unchanged = { changed: false };

async function startService(options: DeviceRegistryOptions = {}) {
  const registry = await startRegistry({ networkName, ...options });
  const curve = countingCurve();
  const service = createDeviceService(registry.devices, registry.nowMs, curve);
  const submit = (request: StatementFields) =>
    service.revokeByWallet(true, request).then((answer) => ({ changed: answer.changed }));
  /** What became of a request: its answer, or the reason or code of its refusal. */
  const outcome = (request: StatementFields) =>
    submit(request).catch((error: { reason?: string; code?: number }) => error.reason ?? error.code);
  /** A device of a wallet that counts as more than one that anybody made. */
  async function confirmed(name: string, wallet: string = alice.address) {
    const token = registry.tokenOf(name, { wallet });
    expect(await registry.call(token)).toBe('admitted');
    await registry.devices.confirm(token.deviceId);
    return token;
  }
  return { ...registry, service, curve, submit, outcome, confirmed };
}

const signedBy = (wallet: HDNodeWallet | Wallet, untilMs: number) =>
  stated(
    { untilMs },
    { address: wallet.address, signMessage: ({ message }: { message: string }) => wallet.signMessageSync(message) },
  );

describe('RevokeByWallet', () => {
  it('revokes one device: its stream ends, others stay', async () => {
    const { call, confirmed, open, submit, events } = await startService();
    const [phone, laptop] = [await confirmed('a'), await confirmed('b')];
    const stream = open(phone);
    expect(await submit(requestOf(await stated({ deviceId: phone.deviceId })))).toEqual(changed);
    expect(stream.ended).toEqual(['DEVICE_REVOKED']);
    expect([await call(phone), await call(laptop)]).toEqual(['DEVICE_REVOKED', 'admitted']);
    expect(events.at(-1)).toBe('revoked a');
  });

  it('revokes all devices until a time, those never seen too, and not what the wallet certifies later', async () => {
    const { call, clock, confirmed, nowMs, submit, tokenOf } = await startService();
    const phone = await confirmed('a');
    const untilMs = nowMs();
    expect(await submit(requestOf(await stated({ untilMs })))).toEqual(changed);
    expect([await call(phone), await call(tokenOf('b'))]).toEqual(['DEVICE_REVOKED', 'DEVICE_REVOKED']);
    clock.advance(10_000);
    expect(await call(tokenOf('c', { certifiedAtMs: untilMs + 1 }))).toBe('admitted');
    expect(await call(tokenOf('d', { wallet: bob.address }))).toBe('admitted');
  });

  it('revokes a known device whose certificate is dated after the time in the statement', async () => {
    const { call, clock, confirmed, nowMs, submit, tokenOf } = await startService();
    await confirmed('a');
    const ahead = tokenOf('b', { certifiedAtMs: nowMs() + 30_000 });
    expect(await call(ahead)).toBe('admitted');
    await submit(requestOf(await stated({ untilMs: nowMs() })));
    clock.advance(HOUR_MS / 2);
    expect(await call(ahead)).toBe('DEVICE_REVOKED');
  });

  it.each(['deviceId', 'untilMs'] as const)('a replay of a statement with %s changes nothing', async (kind) => {
    const { confirmed, devices, events, nowMs, outcome } = await startService();
    const { deviceId } = await confirmed('a');
    const request = requestOf(await stated(kind === 'deviceId' ? { deviceId } : { untilMs: nowMs() }));
    expect(await outcome(request)).toEqual(changed);
    const [before, told] = [devices.health(), events.length];
    for (let i = 0; i < 3; i++) expect(await outcome(request)).toEqual(unchanged);
    expect([devices.health(), events.length]).toEqual([before, told]);
  });

  it('a statement that is older than one before it changes nothing', async () => {
    const { confirmed, nowMs, outcome } = await startService();
    await confirmed('a');
    await outcome(requestOf(await stated({ untilMs: nowMs() })));
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() - 5_000 })))).toEqual(unchanged);
  });

  it('takes a time up to a minute ahead of the node, and refuses one later before the curve', async () => {
    const { confirmed, curve, nowMs, outcome } = await startService();
    await confirmed('a');
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() + 60_001 })))).toBe(3);
    expect(curve.calls.recover).toBe(0);
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() + 60_000 })))).toEqual(changed);
  });

  it('without networkName answers UNIMPLEMENTED, and so does a registry that the library did not make', async () => {
    const { outcome, nowMs, curve } = await startService({ networkName: undefined });
    const request = requestOf(await stated({ untilMs: nowMs() }));
    expect(await outcome(request)).toBe(12);
    expect(curve.calls.recover).toBe(0);
    await expect(createDeviceService(fakeRegistry()).revokeByWallet(true, request)).rejects.toMatchObject({ code: 12 });
  });

  it('does not use the curve for a call that no gate counted', async () => {
    const { service, nowMs, curve } = await startService();
    const request = requestOf(await stated({ untilMs: nowMs() }));
    await expect(service.revokeByWallet(false, request)).rejects.toMatchObject({ code: 12 });
    expect(curve.calls.recover).toBe(0);
  });
});

describe('a statement that is not the wallet’s own', () => {
  const deviceId = idOf('a');

  it.each<[string, (request: StatementFields) => Promise<StatementFields>, string]>([
    [
      'signed by another wallet',
      async (request) => ({ ...request, signature: (await bobs({ deviceId })).signature }),
      'WALLET_MISMATCH',
    ],
    [
      'of another network',
      async () => requestOf(await stated({ deviceId }, alice, 'other.example')),
      'WALLET_MISMATCH',
    ],
    [
      'about another device',
      async () => withDevice(requestOf(await stated({ deviceId: idOf('b') }))),
      'WALLET_MISMATCH',
    ],
    [
      'about all devices, sent as one about a device',
      async () => withDevice(requestOf(await stated({ untilMs: 1_000 }))),
      'WALLET_MISMATCH',
    ],
    [
      'with another time',
      async () => ({ ...requestOf(await stated({ untilMs: 1_000 })), scope: { case: 'untilMs', value: 1_001n } }),
      'WALLET_MISMATCH',
    ],
    [
      'of another wallet about its own, sent for this one',
      async (request) => ({ ...request, signature: (await bobs({ untilMs: 1_000 })).signature }),
      'WALLET_MISMATCH',
    ],
    [
      'with a high S and the recovery id as it was',
      async (request) => ({ ...request, signature: withHighS(request.signature, false) }),
      'WALLET_MISMATCH',
    ],
    [
      'with R and S of zero',
      async (request) => ({ ...request, signature: new Uint8Array(65) }),
      'INVALID_WALLET_SIGNATURE',
    ],
    [
      'with R and S of all ones',
      async (request) => ({ ...request, signature: new Uint8Array(65).fill(255).fill(27, 64) }),
      'INVALID_WALLET_SIGNATURE',
    ],
  ])('%s is refused and revokes nothing', async (_, make, reason) => {
    const { call, confirmed, curve, outcome, submit } = await startService();
    const token = await confirmed('a');
    const request = await make(requestOf(await stated({ deviceId })));
    await expect(submit(request)).rejects.toMatchObject({ reason });
    expect(await outcome(request)).toBe(reason);
    expect(await call(token)).toBe('admitted');
    expect(curve.calls).toEqual({ recover: 2, verify: 0 });
  });

  it('that is the same with a high S is the wallet’s own: a replay, which changes nothing', async () => {
    const { confirmed, outcome } = await startService();
    await confirmed('a');
    const request = requestOf(await stated({ deviceId }));
    expect(await outcome({ ...request, signature: withHighS(request.signature, true) })).toEqual(changed);
    expect(await outcome(request)).toEqual(unchanged);
  });

  const withDevice = (request: StatementFields): StatementFields => ({
    ...request,
    scope: { case: 'deviceId', value: deviceId },
  });
  const bobs = (scope: { deviceId: string } | { untilMs: number }) =>
    stated('deviceId' in scope ? { deviceId: idOf('a', bob.address) } : scope, bob);
});

describe('malformed fields are INVALID_ARGUMENT, before the curve', () => {
  const untilMs = (value: bigint): StatementFields['scope'] => ({ case: 'untilMs', value });
  const device = (value: string): StatementFields['scope'] => ({ case: 'deviceId', value });

  it.each<[string, Partial<StatementFields>]>([
    ['no wallet', { wallet: '' }],
    ['a wallet without 0x', { wallet: alice.address.slice(2) }],
    ['a wallet in wrong case', { wallet: alice.address.replace('E', 'e') }],
    ['a wallet with a line break', { wallet: `${alice.address}\n` }],
    ['no scope', { scope: { case: undefined, value: undefined } }],
    ['time 0', { scope: untilMs(0n) }],
    ['the largest time', { scope: untilMs(2n ** 64n - 1n) }],
    ['no device', { scope: device('') }],
    ['a device without its wallet', { scope: device('0a'.repeat(16)) }],
    ['a device in upper case', { scope: device(`${alice.address}/${'0A'.repeat(16)}`) }],
    ['a device of another wallet', { scope: device(idOf('a', bob.address)) }],
    ['a device with its wallet in lower case', { scope: device(idOf('a').toLowerCase()) }],
    ['a device with a second line', { scope: device(`${idOf('a')}\nall devices`) }],
    ['no signature', { signature: new Uint8Array() }],
    ['64 bytes of signature', { signature: new Uint8Array(64) }],
    ['66 bytes of signature', { signature: new Uint8Array(66) }],
    ['recovery id 2', { signature: new Uint8Array(65).fill(2) }],
    ['recovery id 26', { signature: new Uint8Array(65).fill(26) }],
    ['recovery id 29', { signature: new Uint8Array(65).fill(29) }],
  ])('%s', async (_, change) => {
    const { curve, devices, outcome } = await startService();
    const request = { ...requestOf(await stated({ deviceId: idOf('a') })), ...change };
    expect(await outcome(request)).toBe(3);
    expect(curve.calls.recover).toBe(0);
    expect(devices.health()).toMatchObject({ revocations: 0, revokedWallets: 0 });
  });

  it.each([
    ['lower case', alice.address.toLowerCase()],
    ['upper case', `0x${alice.address.slice(2).toUpperCase()}`],
  ])('a wallet in %s is none', async (_, wallet) => {
    const { nowMs, outcome } = await startService();
    expect(await outcome({ ...requestOf(await stated({ untilMs: nowMs() })), wallet })).toEqual(changed);
  });

  it('and neither is a recovery id of 27 or 28', async () => {
    const { nowMs, outcome } = await startService();
    const request = requestOf(await stated({ untilMs: nowMs() }));
    const signature = Uint8Array.from(request.signature);
    signature[64]! += 27;
    expect(await outcome({ ...request, signature })).toEqual(changed);
  });
});

describe('the bounds of statements', () => {
  it('a wallet without a confirmed device can revoke all devices, not one', async () => {
    const { call, nowMs, outcome, tokenOf } = await startService();
    const token = tokenOf('a');
    await call(token);
    expect(await outcome(requestOf(await stated({ deviceId: token.deviceId })))).toBe(9);
    expect(await call(token)).toBe('admitted');
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() })))).toEqual(changed);
    expect(await call(token)).toBe('DEVICE_REVOKED');
  });

  it('a wallet that lost its last device may repeat what it said about one', async () => {
    const { confirmed, outcome } = await startService();
    const { deviceId } = await confirmed('a');
    const request = requestOf(await stated({ deviceId }));
    expect(await outcome(request)).toEqual(changed);
    expect(await outcome(request)).toEqual(unchanged);
    expect(await outcome(requestOf(await stated({ deviceId: idOf('b') })))).toBe(9);
  });

  it('wallets without a confirmed device fill a tenth of bounds.revocations, then RATE_LIMITED; nothing is evicted', async () => {
    const { confirmed, devices, nowMs, outcome } = await startService({ bounds: { revocations: 30 } });
    const untilMs = nowMs();
    const made = await Promise.all(Array.from({ length: 4 }, () => signedBy(Wallet.createRandom(), untilMs)));
    for (const each of made.slice(0, 3)) expect(await outcome(requestOf(each))).toEqual(changed);
    expect(await outcome(requestOf(made[3]!))).toBe('RATE_LIMITED');
    for (const each of made.slice(0, 3)) expect(await outcome(requestOf(each))).toEqual(unchanged);
    expect(devices.health().revokedWallets).toBe(3);

    await confirmed('a');
    expect(await outcome(requestOf(await stated({ untilMs })))).toEqual(changed);
    await confirmed('a', bob.address);
    expect(await outcome(requestOf(await stated({ deviceId: idOf('a', bob.address) }, bob)))).toEqual(changed);
  });

  it('what wallets with a confirmed device, callers and the operator revoke takes nothing of that tenth', async () => {
    const { confirmed, devices, nowMs, outcome } = await startService({ bounds: { revocations: 10 } });
    await confirmed('a');
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() })))).toEqual(changed);
    const { deviceId } = await confirmed('a', bob.address);
    await devices.revokeOthers(deviceId);
    await devices.revokeWallet(testWallets.carol.address);
    const [one, two] = [await signedBy(Wallet.createRandom(), nowMs()), await signedBy(Wallet.createRandom(), nowMs())];
    expect(await outcome(requestOf(one))).toEqual(changed);
    expect(await outcome(requestOf(two))).toBe('RATE_LIMITED');
  });

  it('many statements at once do not pass the bound', async () => {
    const { devices, nowMs, outcome } = await startService({ bounds: { revocations: 20 } });
    const made = await Promise.all(Array.from({ length: 6 }, () => signedBy(Wallet.createRandom(), nowMs())));
    const outcomes = await Promise.all(made.map((each) => outcome(requestOf(each))));
    expect(outcomes.filter((each) => each === 'RATE_LIMITED')).toHaveLength(4);
    expect(devices.health().revokedWallets).toBe(2);
  });

  it('the same statement twice at once takes the last place once, and neither is refused', async () => {
    const { nowMs, outcome } = await startService({ bounds: { revocations: 10 } });
    const request = requestOf(await stated({ untilMs: nowMs() }));
    expect(await Promise.all([outcome(request), outcome(request)])).toEqual([changed, unchanged]);
  });

  it('a later statement of a wallet that has revoked all before takes no room', async () => {
    const { clock, nowMs, outcome } = await startService({ bounds: { revocations: 10 } });
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() })))).toEqual(changed);
    clock.advance(5_000);
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() })))).toEqual(changed);
    expect(await outcome(requestOf(await signedBy(Wallet.createRandom(), nowMs())))).toBe('RATE_LIMITED');
  });

  it('where bounds.revocations itself is full, a confirmed wallet gets RATE_LIMITED too', async () => {
    const { confirmed, devices, nowMs, outcome } = await startService({ bounds: { revocations: 1 } });
    await confirmed('a');
    await devices.revoke(idOf('z', bob.address));
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() })))).toBe('RATE_LIMITED');
    expect(await outcome(requestOf(await stated({ deviceId: idOf('a') })))).toBe('RATE_LIMITED');
  });

  it('of 1,001 devices of one wallet the last is refused; all of them are not', async () => {
    const { confirmed, devices, nowMs, outcome } = await startService();
    await confirmed('a');
    const idAt = (i: number) => `${alice.address}/${i.toString(16).padStart(32, '0')}`;
    // statements that are all the same signature to the curve: what is counted is what is kept
    const curve = { ...nobleCurve, recover: () => nobleCurve.publicKey(Buffer.from(alice.privateKey.slice(2), 'hex')) };
    const service = createDeviceService(devices, nowMs, curve);
    const request = (i: number): StatementFields => ({
      wallet: alice.address,
      scope: { case: 'deviceId', value: idAt(i) },
      signature: new Uint8Array(65),
    });
    for (let i = 1_000; i < 2_000; i++) expect((await service.revokeByWallet(true, request(i))).changed).toBe(true);
    await expect(service.revokeByWallet(true, request(2_000))).rejects.toMatchObject({ code: 9 });
    expect((await service.revokeByWallet(true, request(1_000))).changed).toBe(false);
    expect(devices.isRevoked(idAt(2_000))).toBe(false);
    expect(await outcome(requestOf(await stated({ untilMs: nowMs() })))).toEqual(changed);
  });
});
