import { refusal, type AuthError } from '../../errors.js';
import { warn } from '../../warn.js';
import type { AccessList } from '../access/access-list.js';
import type { AccessOptions } from '../access/access.js';
import { parseRange } from './cidr.js';
import type { AddressReader } from './client-address.js';

/** The options of a gate that judge callers by their address. */
export interface AddressRules {
  readonly access?: AccessOptions | undefined;
  readonly limits?: { readonly beforeAuthentication?: unknown } | undefined;
  readonly failedTokenLimit?: unknown;
}

/** The code of the warning. */
const CODE = 'WALLET_AUTH_NO_ADDRESS';

/**
 * Makes a warning for gates whose address rules are off without anybody noticing: behind a proxy on a Unix socket no call has
 * an address, unless that proxy is trusted. Lists that change are looked at when a call has none.
 * @returns takes the address of each call, and emits one process warning with the code WALLET_AUTH_NO_ADDRESS at the first call
 *   without, if there are rules that need one. `undefined` if there can be none.
 */
export function noAddressWarning(rules: AddressRules): ((address: string | undefined) => void) | undefined {
  const { access = {}, limits, failedTokenLimit } = rules;
  const fixed: string[] = [];
  const changing: { name: string; list: AccessList }[] = [];
  for (const key of ['allow', 'deny', 'priority'] as const) {
    const [name, list] = [`access.${key}`, access[key]];
    if (list === undefined) continue;
    if (!Array.isArray(list)) changing.push({ name, list: list as AccessList });
    else if (list.some((entry) => parseRange(String(entry)) !== undefined)) fixed.push(name);
  }
  if (limits?.beforeAuthentication !== undefined) fixed.push('limits.beforeAuthentication');
  if (failedTokenLimit !== undefined) fixed.push('failedTokenLimit');
  if (fixed.length + changing.length === 0) return undefined;

  let isDone = false;
  return (address) => {
    if (address !== undefined || isDone) return;
    const names = [...changing.filter(({ list }) => list.hasAddresses).map(({ name }) => name), ...fixed];
    if (names.length === 0) return;
    isDone = true;
    warn(
      `a call has no address, so that these rules do not hold for it: ${names.join(', ')}. Behind a proxy on a Unix socket, ` +
        "set trustedProxies: ['unix'] and let the proxy send x-forwarded-for",
      CODE,
    );
  };
}

/** A reader of addresses that reports each address, or that there is none. */
export function warningReader(reader: AddressReader, report: ReturnType<typeof noAddressWarning>): AddressReader {
  if (report === undefined) return reader;
  return {
    ...reader,
    fullAddressOf(peer, forwardedFor, isRefused = false) {
      const address = reader.fullAddressOf(peer, forwardedFor);
      if (!isRefused) report(address); // a refusal has a warning of its own
      return address;
    },
  };
}

/** The gates, by their readers of addresses, that have warned about calls without a peer. */
const warned = new WeakSet<object>();

/**
 * The refusal of a call that would be judged by its address, on a transport that was not given it. The first one of a gate
 * comes with a process warning with the code WALLET_AUTH_NO_ADDRESS.
 */
export function unknownPeer(addresses: AddressReader): AuthError {
  const cause = "a rule judges calls by their address, and this transport was not given the caller's";
  if (!warned.has(addresses)) {
    warned.add(addresses);
    warn(`${cause}, so that they are refused: give it the address of each call`, CODE);
  }
  return refusal('INTERNAL', { cause });
}
