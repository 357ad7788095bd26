import type { DeviceIdentity } from 'grpc-wallet-auth/client';
import { mintIdentity, settableClock, testWallets } from 'grpc-wallet-auth/testing';

import { connectDevice, reasonOf, type ConnectedDevice } from './connect-device.js';
import { startDevicesNode } from './start-node.js';

/** One step of the story. */
export interface Step {
  /** Hours and minutes since it began. */
  readonly time: string;
  readonly who: string;
  readonly what: string;
  /** What came of it, and the events of the registry. */
  readonly got: string;
  readonly expected: string;
}

/** The wallet of both devices. */
export const { address: wallet } = testWallets.alice;

const MINUTE_MS = 60_000;
const EVENTS = ['first-seen', 'renewed', 'lapsed', 'returned', 'revoked', 'purged'] as const;

/**
 * Plays with a wallet of two devices on one node: renewal, a stream that is cut, a log-out. Takes a moment: the clock is
 * advanced by hand.
 * @param report called after each step.
 */
export async function playStory(report: (step: Step) => void): Promise<void> {
  const clock = settableClock();
  const startMs = clock.now().getTime();
  const node = await startDevicesNode({ now: clock.now, timers: clock.timers });
  const [phoneIdentity, laptopIdentity] = ['phone', 'laptop'].map((device) => mintIdentity({ device })) as Pair;
  const [phoneId, laptopId] = [phoneIdentity.deviceId, laptopIdentity.deviceId];
  const phone = connectDevice(node.address, phoneIdentity, clock);
  const laptop = connectDevice(node.address, laptopIdentity, clock);

  const events: string[] = [];
  for (const event of EVENTS) {
    node.devices.on(event, ({ deviceId }) => void events.push(`${deviceId === phoneId ? 'phone' : 'laptop'} ${event}`));
  }
  async function step(who: string, what: string, run: () => Promise<string>, expected: string): Promise<void> {
    const result = await run().catch(reasonOf);
    const time = new Date(clock.now().getTime() - startMs).toISOString().slice(11, 16);
    report({ time, who, what, expected, got: [result, ...events.splice(0)].join('; ') });
  }

  try {
    await step('phone', 'makes its first call', phone.call, 'admitted; phone first-seen');
    await step('phone', 'gives itself a name', () => rename(phone, phoneId, 'phone'), 'done');
    clock.advance(MINUTE_MS);
    await step('laptop', 'makes its first call', laptop.call, 'admitted; laptop first-seen');
    await step('laptop', 'gives itself a name', () => rename(laptop, laptopId, 'laptop'), 'done');
    const onPhone = phone.openChat();
    const onLaptop = laptop.openChat();
    await step('phone', 'opens a stream', () => onPhone.say('hello'), 'hello');
    await step('laptop', 'opens a stream', () => onLaptop.say('hello'), 'hello');
    await step('phone', 'lists the devices', () => list(phone), 'laptop (1 stream), phone (1 stream, caller)');

    clock.advance(54 * MINUTE_MS);
    await step('phone', 'calls; its token was due', phone.call, 'admitted; phone renewed');
    clock.advance(7 * MINUTE_MS);
    await step('laptop', 'did not call: its stream is cut', () => onLaptop.ended, 'TOKEN_EXPIRED; laptop lapsed');
    await step('phone', 'goes on with its first stream', () => onPhone.say('still here'), 'still here');

    clock.advance(MINUTE_MS);
    await step('laptop', 'comes back with a new token', laptop.call, 'admitted; laptop returned');
    const again = laptop.openChat();
    await step('laptop', 'opens another stream', () => again.say('back'), 'back');
    await step('phone', 'logs the laptop out', () => revoke(phone, laptopId), 'changed; laptop revoked');
    await step('laptop', 'loses its stream', () => again.ended, 'DEVICE_REVOKED');
    await step('laptop', 'calls once more', laptop.call, 'DEVICE_REVOKED');
    await step('phone', 'lists the devices', () => list(phone), 'phone (1 stream, caller)');
    await step('phone', 'goes on with its first stream', () => onPhone.say('bye'), 'bye');
  } finally {
    phone.close();
    laptop.close();
    await node.close();
  }
}

type Pair = [DeviceIdentity, DeviceIdentity];

async function list({ own }: ConnectedDevice): Promise<string> {
  const { devices } = await own.list();
  const texts = devices.map(({ label, openStreams, isCaller }) => {
    const streams = `${openStreams} ${openStreams === 1 ? 'stream' : 'streams'}`;
    return `${label} (${streams}${isCaller ? ', caller' : ''})`;
  });
  return texts.join(', ');
}

async function rename({ own }: ConnectedDevice, deviceId: string, label: string): Promise<string> {
  await own.rename(deviceId, label);
  return 'done';
}

async function revoke({ own }: ConnectedDevice, deviceId: string): Promise<string> {
  return (await own.revoke(deviceId)).changed ? 'changed' : 'not changed';
}
