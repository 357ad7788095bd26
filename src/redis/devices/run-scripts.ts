import { randomBytes } from 'node:crypto';

import { withTimeLimit } from '../../time-limit.js';
import type { Send } from '../redis-client.js';
import { redisScript, type RunScript } from '../redis-script.js';
import { texts } from './answers.js';
import type { SendCommand } from './devices-client.js';
import type { DeviceKeys } from './keys.js';
import { walletOfId } from './rows.js';

/**
 * Runs a script in one round trip, with all the shared keys and those of the wallets that it may touch.
 * @returns a promise of its flat list. It rejects when Redis refuses, or does not answer in time: then it is not known whether it ran.
 */
export type Run = (script: string, args: readonly (string | number)[], wallets?: WalletKeys) => Promise<string[]>;

/** Keys of wallets, by the number that a script knows them by. */
export interface WalletKeys {
  readonly keys: readonly string[];
  /** @returns the number, from 1, of a wallet. */
  numberOf(wallet: string): number;
  /** @returns the number of a device's wallet. */
  numberOfId(deviceId: string): number;
}

/** The place of a script's first key: `EVAL`, script, number of keys, first key. */
const FIRST_KEY = 3;

/** Makes the way to run scripts. */
export function scriptRunner(send: SendCommand, keys: DeviceKeys, timeoutMs: number): Run {
  const scripts = new Map<string, RunScript>();
  const timedOut = () => new Error(`redisDevices: no answer within ${timeoutMs} ms`);
  const sendInTime: Send = async (command, read) =>
    read(await withTimeLimit(send(command[FIRST_KEY] ?? '', command), timeoutMs, timedOut));
  return async (text, args, wallets) => {
    const script = scripts.get(text) ?? redisScript(sendInTime, text);
    scripts.set(text, script);
    return script([...keys.shared, ...(wallets?.keys ?? [])], args.map(String), texts);
  };
}

/** Numbers wallets, each once. */
export function walletKeys(keys: DeviceKeys, wallets: readonly string[]): WalletKeys {
  const numbers = new Map<string, number>();
  for (const wallet of wallets) if (!numbers.has(wallet)) numbers.set(wallet, numbers.size + 1);
  const numberOf = (wallet: string) => numbers.get(wallet) ?? 0;
  return {
    keys: [...numbers.keys()].map((wallet) => keys.wallet(wallet)),
    numberOf,
    numberOfId: (deviceId) => numberOf(walletOfId(deviceId)),
  };
}

/** The same for the wallets of devices. */
export const walletKeysOf = (keys: DeviceKeys, deviceIds: readonly string[]): WalletKeys =>
  walletKeys(keys, deviceIds.map(walletOfId));

/** A text that nobody else makes. */
export const freshToken = (): string => randomBytes(12).toString('base64url');
