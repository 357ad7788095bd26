import { BlockList, isIP, isIPv4 } from 'node:net';

/** Tells where a call comes from. */
export interface AddressReader {
  /**
   * The address that a caller is known by: IPv4 as it is, IPv6 by its /64 network, which one subscriber has to himself.
   * @param peer what the transport says, such as `203.0.113.7:50101`, `::1:50101` or `unknown`.
   * @param forwardedFor the values of `x-forwarded-for`, in order.
   * @returns `undefined` if the peer has no IP address, as on a Unix socket.
   */
  addressOf(peer: string, forwardedFor: readonly string[]): string | undefined;
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
  const isTrusted = (address: string) => trusted.check(address, familyOf(address));
  return {
    addressOf(peer, forwardedFor) {
      let address = peerAddress(peer);
      if (address === undefined) return undefined;
      const hops = forwardedFor.join(',').split(',');
      while (isTrusted(address)) {
        const hop = plainAddress(hops.pop()?.trim() ?? '');
        if (hop === undefined) break;
        address = hop;
      }
      return isIPv4(address) ? address : network64(address);
    },
  };
}

/** @throws TypeError naming the option and the range that is none. */
function compileRanges(name: string, ranges: readonly string[]): BlockList {
  if (!Array.isArray(ranges)) throw new TypeError(`${name} must be a list of addresses or CIDR ranges`);
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits, ...rest] = String(range).split('/');
    const width = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
    const length = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (length < 0 || length > width || rest.length > 0) {
      throw new TypeError(`${name}: ${JSON.stringify(range)} is no address and no CIDR range`);
    }
    list.addSubnet(address, length, familyOf(address));
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
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
  return plainAddress(peer.replace(/^([\da-f:.%]*:[\da-f:.%]*):\d+$/i, '[$1]'));
}

/** The first 64 bits of an IPv6 address, as four groups of hex digits. */
function network64(address: string): string {
  const [head = '', tail] = address.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
