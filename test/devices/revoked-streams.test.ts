import { describe, expect, it } from 'vitest';

import type { LeaseKind } from '../../src/devices/lease.js';
import { startRegistry, GRACE_MS, HOUR_MS, idOf } from '../support/registry.js';

describe('a stream of a method that is at-open', () => {
  async function openAtOpen() {
    const registry = await startRegistry();
    const token = registry.tokenOf('a');
    await registry.call(token);
    const ended: string[] = [];
    const release = registry.inside.hold({
      kind: 'at-open' satisfies LeaseKind,
      deviceId: token.deviceId,
      expiresAtMs: token.expiresAtMs,
      end: (error) => void ended.push(error.reason),
    });
    return { ...registry, ended, release };
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
    const { call, clock, devices, events, inside, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    inside.hold({
      kind: 'while-renewed',
      deviceId: token.deviceId,
      expiresAtMs: token.expiresAtMs,
      end: () => undefined,
      lapsing: () => void devices.revoke(token.deviceId),
    });
    clock.advance(HOUR_MS + 2 * GRACE_MS);
    expect(events).toEqual(['first-seen a', 'revoked a']);
  });

  it('as its stream ends is told as revoked last', async () => {
    const { call, clock, devices, events, inside, tokenOf } = await startRegistry();
    const token = tokenOf('a');
    await call(token);
    inside.hold({
      kind: 'while-renewed',
      deviceId: token.deviceId,
      expiresAtMs: token.expiresAtMs,
      end: () => void devices.revoke(token.deviceId),
    });
    clock.advance(HOUR_MS + 2 * GRACE_MS);
    expect(events).toEqual(['first-seen a', 'revoked a']);
  });
});
