import { onTestFinished } from 'vitest';

import { createDeviceRegistry } from '../../src/devices/create-device-registry.js';
import type { DeviceEvents } from '../../src/devices/device-registry.js';
import { insideOf } from '../../src/devices/inside.js';
import type { LeasedStream } from '../../src/devices/leases/lease.js';
import type { DeviceRegistryOptions } from '../../src/devices/options.js';
import { walletIdentity, type WalletIdentity } from '../../src/identity.js';
import { settableClock } from '../../src/testing/settable-clock.js';
import { testWallets } from '../../src/testing/test-wallets.js';

export const HOUR_MS = 3_600_000;
export const GRACE_MS = 30_000;

const EVENTS = [
  'first-seen',
  'renewed',
  'lapsed',
  'returned',
  'revoked',
  'purged',
  'without-row',
  'wallet-revoked',
  'provisional',
  'stale',
  'fresh',
] as const;

/** What a token says, beside the device's name. */
export interface TokenFacts {
  readonly wallet?: string;
  /** How long before now it was made, in milliseconds. */
  readonly ageMs?: number;
  /** How long it lives from now on, in milliseconds. */
  readonly lifeMs?: number;
  readonly certifiedAtMs?: number | undefined;
}

/** A registry with a clock of its own, what it told, and devices that present tokens to it as a gate would. */
export async function startRegistry(options: DeviceRegistryOptions = {}, clock = settableClock()) {
  const devices = await createDeviceRegistry({ now: clock.now, timers: clock.timers, ...options });
  onTestFinished(() => devices.close());
  const inside = insideOf(devices);
  const events: string[] = [];
  for (const event of EVENTS) {
    devices.on(event, (facts: DeviceEvents[typeof event]) => {
      const { deviceId, wallet } = facts as { deviceId?: string; wallet?: string };
      events.push(`${event} ${deviceId === undefined ? (wallet ?? '') : nameOf(deviceId)}`.trim());
    });
  }
  const nowMs = () => clock.now().getTime();

  /** A token of a device. Each call of a token in real life gives the cached identity: keep it to present it again. */
  function tokenOf(name: string, facts: TokenFacts = {}): WalletIdentity {
    const { ageMs = 0, lifeMs = HOUR_MS, wallet = testWallets.alice.address } = facts;
    return walletIdentity({
      wallet: wallet as `0x${string}`,
      deviceId: idOf(name, wallet),
      identityKey: new Uint8Array(65),
      issuedAtMs: nowMs() - ageMs,
      expiresAtMs: nowMs() + lifeMs,
      certifiedAtMs: 'certifiedAtMs' in facts ? facts.certifiedAtMs : nowMs() - 1_000,
    });
  }

  /** One call that passes all checks: 'admitted', or the reason of its refusal. */
  async function call(token: WalletIdentity, isExempt = false, address?: string): Promise<string> {
    try {
      inside.present(token);
      await inside.enter(token, address, isExempt, 5_000);
      return 'admitted';
    } catch (error) {
      return (error as { reason?: string }).reason ?? String(error);
    }
  }

  /** A stream of a device, and why it was ended. */
  function open(token: WalletIdentity, parts: Partial<LeasedStream> = {}) {
    const ended: string[] = [];
    const { deviceId, expiresAtMs } = token;
    const release = inside.hold(
      {
        kind: 'while-renewed',
        deviceId,
        expiresAtMs,
        end: (error) => void ended.push(error.reason),
        ...parts,
      },
      token,
    );
    return { ended, release };
  }

  return { clock, devices, inside, events, nowMs, tokenOf, call, open };
}

/** The id of a device that is called by a letter. */
export function idOf(name: string, wallet: string = testWallets.alice.address): string {
  return `${wallet}/${name.charCodeAt(0).toString(16).padStart(32, '0')}`;
}

function nameOf(deviceId: string): string {
  return String.fromCharCode(Number.parseInt(deviceId.slice(-4), 16));
}
