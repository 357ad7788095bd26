import { LRUCache } from 'lru-cache';

import { ipOf, parseRange, type Ip } from './cidr.js';
import { IpRanges } from './ip-ranges.js';

/** Reads where a call comes from. */
export interface AddressReader {
  /**
   * The address that a caller is known by: IPv4 as it is, IPv6 by its /64 network, which one subscriber has to itself.
   * @param peer what the transport reports, such as `203.0.113.7:50101`, `::1:50101`, `unix:` for a Unix socket, or `unknown`.
   * @param forwardedFor the values of `x-forwarded-for`, in order.
   * @returns `undefined` if the peer has no IP address and is no trusted proxy on a Unix socket.
   */
  addressOf(peer: string, forwardedFor: readonly string[]): string | undefined;
  /**
   * The same in full, IPv6 with all its bits, in the form in which it came.
   * @param isRefused whether a call without an address is refused where one is needed.
   */
  fullAddressOf(peer: string, forwardedFor: readonly string[], isRefused?: boolean): string | undefined;
}

/** Stands in `trustedProxies` for every peer on a Unix socket. */
const UNIX = 'unix';
/** How many peers stay read; the one that was quiet longest makes room. */
const MAX_PEERS = 10_000;
/** No peer with an address is longer, brackets, zone and port included. */
const MAX_PEER_LENGTH = 100;

/**
 * Makes an address reader. What a peer's text stands for is read once for each connection, not for each call.
 * @param trustedProxies addresses or CIDR ranges of proxies that append the address they were called from to
 *   `x-forwarded-for`; `unix` for those that call by a Unix socket. The list is read from the right, as long as what stands there is trusted: everything further left
 *   was written by the caller.
 * @throws TypeError naming a range that is none.
 */
export function createAddressReader(trustedProxies: readonly string[] = []): AddressReader {
  const trusted = compileRanges('trustedProxies', trustedProxies);
  const trustsUnix = trustedProxies.includes(UNIX);
  const peers = new LRUCache<string, Ip>({ max: MAX_PEERS });

  function peerIp(peer: string): Ip | undefined {
    if (peer.length > MAX_PEER_LENGTH) return undefined;
    let ip = peers.get(peer);
    if (ip !== undefined) return ip;
    ip = readPeer(peer);
    if (ip !== undefined) peers.set(peer, ip);
    return ip;
  }

  function callerIp(peer: string, forwardedFor: readonly string[]): Ip | undefined {
    let ip = peerIp(peer);
    if (ip === undefined ? !trustsUnix || !peer.startsWith('unix:') : trusted.size === 0) return ip;
    const hops = forwardedFor.join(',').split(',');
    while (hops.length > 0 && (ip === undefined || trusted.hasBits(ip.bits))) {
      const hop = hostIp(hops.pop()?.trim() ?? '');
      if (hop === undefined) break;
      ip = hop;
    }
    return ip;
  }

  return {
    addressOf: (peer, forwardedFor) => callerIp(peer, forwardedFor)?.network,
    fullAddressOf: (peer, forwardedFor) => callerIp(peer, forwardedFor)?.text,
  };
}

/** What a caller at an address is known by: IPv4 as it is, IPv6 by its /64 network. */
export function callerAddress(address: string): string {
  return ipOf(address)?.network ?? address;
}

/** @throws TypeError naming the option and the range that is none. */
function compileRanges(name: string, ranges: readonly string[]): IpRanges {
  if (!Array.isArray(ranges)) throw new TypeError(`${name} must be a list of addresses or CIDR ranges`);
  const compiled = new IpRanges();
  for (const text of ranges) {
    if (text === UNIX) continue;
    const range = parseRange(String(text));
    if (range === undefined) throw new TypeError(`${name}: ${JSON.stringify(text)} is no address and no CIDR range`);
    compiled.add(range);
  }
  return compiled;
}

/** The IP address of `address`, `address:port` or `[address]:port`, without its zone. */
function hostIp(text: string): Ip | undefined {
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1];
  const [address = ''] = (bracketed ?? text.replace(/^([\d.]+):\d+$/, '$1')).split('%', 1);
  return ipOf(address);
}

/** grpc-js writes the port behind an IPv6 address without brackets. */
function readPeer(peer: string): Ip | undefined {
  return hostIp(peer.replace(/^([\da-f:.%]*:[\da-f:.%]*):\d+$/i, '[$1]'));
}
