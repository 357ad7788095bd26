import { parseAddress } from '../crypto/address.js';

const DEVICE_ID = /^(0x[0-9a-fA-F]{40})\/([0-9a-f]{32})$/;

/** A device id in its one form, and its wallet. @throws TypeError if it is none. */
export function deviceIdOf(text: string): { id: string; wallet: string } {
  const [, owner = '', key = ''] = (typeof text === 'string' ? DEVICE_ID.exec(text) : undefined) ?? [];
  const wallet = parseAddress(owner);
  if (wallet === undefined) throw new TypeError('a device id is <wallet address>/<32 hex digits>');
  return { id: `${wallet}/${key}`, wallet };
}

/** The address of a wallet in its one form. @throws TypeError if it is none. */
export function walletOf(text: string): string {
  const wallet = typeof text === 'string' ? parseAddress(text) : undefined;
  if (wallet === undefined) throw new TypeError('a wallet is an address: 0x and 40 hex digits');
  return wallet;
}
