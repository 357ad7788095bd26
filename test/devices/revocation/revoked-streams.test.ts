import { describe, expect, it } from 'vitest';

import { reasonOf } from '../../support/refusal-of.js';
import { startRegistry, GRACE_MS, HOUR_MS, idOf } from '../../support/registry.js';

describe('a stream of a method that is at-open', () => {
  async function openAtOpen() {
    const registry = await startRegistry();
    const token = registry.tokenOf('a');
    await registry.call(token);
    return { ...registry, ...registry.open(token, { kind: 'at-open' }) };
  }

  it('ends when its device is revoked', async () => {
    const { devices, ended } = await openAtOpen();
    await devices.revoke(idOf('a'));
    expect(ended).toEqual(['DEVICE_REVOKED']);
    expect(devices.health().streams).toBe(0);
  });

  it('ends when all of its wallet is revoked', async () => {
    const { devices, ended, tokenOf } = await openAtOpen();
    await devices.revokeWallet(tokenOf('a').wallet);
    expect(ended).toEqual(['DEVICE_REVOKED']);
  });

  it('does not end when its wallet was revoked until a time before the device came', async () => {
    const { ended, inside, nowMs, tokenOf } = await openAtOpen();
    inside.endings.revoke([{ wallet: tokenOf('a').wallet, atMs: nowMs() - HOUR_MS, survivor: undefined }]);
    expect(ended).toEqual([]);
  });

  it('does not end with tokens, nor when its device is purged or removed, and can be revoked after that', async () => {
    const { clock, devices, ended } = await openAtOpen();
    clock.advance(100 * HOUR_MS + GRACE_MS);
    await devices.remove(idOf('a'));
    expect(ended).toEqual([]);
    await devices.revoke(idOf('a'));
    expect(ended).toEqual(['DEVICE_REVOKED']);
  });
});

describe('a device that a listener revokes at its first call', () => {
  it('is refused', async () => {
    const { call, devices, tokenOf } = await startRegistry();
    devices.on('first-seen', ({ deviceId }) => void devices.revoke(deviceId));
    expect(await call(tokenOf('a'))).toBe('DEVICE_REVOKED');
  });

  it('that is revoked after it entered and before its stream is held has no stream', async () => {
    const { call, devices, open, tokenOf } = await startRegistry();
    await call(tokenOf('a'));
    await devices.revoke(idOf('a'));
    expect(() => open(tokenOf('a'))).toThrow('device revoked');
    expect(devices.health().streams).toBe(0);
  });
});

describe('a device that is revoked while its queue is served', () => {
  it('as its token ends is told as revoked last: it does not lapse', async () => {
    const { call, clock, devices, events, open, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    open(token, { lapsing: () => void devices.revoke(token.deviceId) });
    clock.advance(HOUR_MS + 2 * GRACE_MS);
    expect(events).toEqual(['first-seen a', 'revoked a']);
  });

  it('as its stream ends is told as revoked last', async () => {
    const { call, clock, devices, events, open, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    open(token, { end: () => void devices.revoke(token.deviceId) });
    clock.advance(HOUR_MS + 2 * GRACE_MS);
    expect(events).toEqual(['first-seen a', 'revoked a']);
  });
});

describe('each look at a device refuses alone', () => {
  it('one that is revoked, as soon as it presents its token', async () => {
    const { call, devices, inside, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    await devices.revoke(idOf('a'));
    expect(reasonOf(() => inside.present(token))).toBe('DEVICE_REVOKED');
  });

  it.each(['present', 'enter'] as const)('all, once the registry is closed: %s', async (look) => {
    const { call, devices, inside, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    await devices.close();
    const looks = { present: () => inside.present(token), enter: () => inside.enter(token, undefined, false, 0) };
    expect(reasonOf(looks[look])).toBe('AUTH_UNAVAILABLE');
  });
});
