import { parseAddress, type Address } from '../../crypto/address.js';

/** The first of a provider's accounts, as it was given; `undefined` if this is no list. */
export function firstAccount(accounts: unknown): unknown {
  return Array.isArray(accounts) ? accounts[0] : undefined;
}

/** The first of a provider's accounts, in EIP-55 case; `undefined` if there is none or it is no address. */
export function readAccounts(accounts: unknown): Address | undefined {
  const account = firstAccount(accounts);
  return typeof account === 'string' ? parseAddress(account.toLowerCase()) : undefined;
}
