import { isIP, isIPv4 } from 'node:net';

import { groups, parseRange } from './cidr.js';
import { IpRanges } from './ip-ranges.js';

/** Tells where a call comes from. */
export interface AddressReader {
  /**
   * The address that a caller is known by: IPv4 as it is, IPv6 by its /64 network, which one subscriber has to himself.
   * @param peer what the transport says, such as `203.0.113.7:50101`, `::1:50101` or `unknown`.
   * @param forwardedFor the values of `x-forwarded-for`, in order.
   * @returns `undefined` if the peer has no IP address, as on a Unix socket.
   */
  addressOf(peer: string, forwardedFor: readonly string[]): string | undefined;
  /** The same in full, IPv6 with all its bits, in the spelling in which it came. */
  fullAddressOf(peer: string, forwardedFor: readonly string[]): string | undefined;
}

/**
 * Makes an address reader.
 * @param trustedProxies addresses or CIDR ranges of proxies that append the address they were called from to
 *   `x-forwarded-for`. The list is read from the right, as long as what stands there is trusted: everything further left
 *   was written by the caller.
 * @throws TypeError naming a range that is none.
 */
export function createAddressReader(trustedProxies: readonly string[] = []): AddressReader {
  const trusted = compileRanges('trustedProxies', trustedProxies);
  function fullAddressOf(peer: string, forwardedFor: readonly string[]): string | undefined {
    let address = peerAddress(peer);
    if (address === undefined || trusted.size === 0) return address;
    const hops = forwardedFor.join(',').split(',');
    while (hops.length > 0 && trusted.has(address)) {
      const hop = plainAddress(hops.pop()?.trim() ?? '');
      if (hop === undefined) break;
      address = hop;
    }
    return address;
  }
  return {
    fullAddressOf,
    addressOf(peer, forwardedFor) {
      const address = fullAddressOf(peer, forwardedFor);
      return address === undefined ? undefined : callerAddress(address);
    },
  };
}

/** What a caller at an address is known by: IPv4 as it is, IPv6 by its /64 network. */
export function callerAddress(address: string): string {
  return isIPv4(address) ? address : network64(address);
}

/** @throws TypeError naming the option and the range that is none. */
function compileRanges(name: string, ranges: readonly string[]): IpRanges {
  if (!Array.isArray(ranges)) throw new TypeError(`${name} must be a list of addresses or CIDR ranges`);
  const compiled = new IpRanges();
  for (const text of ranges) {
    const range = parseRange(String(text));
    if (range === undefined) throw new TypeError(`${name}: ${JSON.stringify(text)} is no address and no CIDR range`);
    compiled.add(range);
  }
  return compiled;
}

/** The IP address of `address`, `address:port` or `[address]:port`; IPv4 in its own form, IPv6 without a zone. */
function plainAddress(text: string): string | undefined {
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1];
  const [host = ''] = (bracketed ?? text.replace(/^([\d.]+):\d+$/, '$1')).split('%');
  const address = host.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}

/** grpc-js writes the port behind an IPv6 address without brackets. */
function peerAddress(peer: string): string | undefined {
  const host = peer.slice(0, Math.max(peer.lastIndexOf(':'), 0));
  if (isIPv4(host)) return host; // by far the most callers, in a tenth of the time
  return plainAddress(peer.replace(/^([\da-f:.%]*:[\da-f:.%]*):\d+$/i, '[$1]'));
}

/** The first 64 bits of an IPv6 address, as four groups of hex digits. */
function network64(address: string): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = groups(address);
  return `${first.toString(16)}:${second.toString(16)}:${third.toString(16)}:${fourth.toString(16)}`;
}
