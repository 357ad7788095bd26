import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/** The bits of an address: a `number` is IPv4, a `bigint` is IPv6. */
export type IpBits = number | bigint;

/** An address that was read from text. */
export interface Ip {
  /** The address as text: IPv4 in its own form, IPv6 in the form in which it came. */
  readonly text: string;
  readonly bits: IpBits;
  /** What a subscriber is known by: IPv4 as it is, IPv6 by its first 64 bits, as four groups of hex digits. */
  readonly network: string;
}

/** A CIDR range; a single address is one of full length. */
export interface IpRange {
  readonly bits: IpBits;
  /** How many leading bits count: up to 32 or 128. */
  readonly length: number;
}

/** No address is longer: six groups of four digits and an IPv4 address. */
const MAX_LENGTH = 45;
/** How many addresses stay read: reading one takes longer than looking it up in a list. */
const MAX_CACHED = 10_000;
const cache = new LRUCache<string, Ip>({ max: MAX_CACHED });

/**
 * Reads an address: IPv4 as four decimal numbers without leading zeros, IPv6 in any form without a zone. IPv4-mapped IPv6 is
 * IPv4. The addresses read last are cached.
 * @returns `undefined` if it is none.
 */
export function ipOf(text: string): Ip | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const known = cache.get(text);
  if (known !== undefined) return known;
  const ip = readIp(text);
  if (ip === undefined) return undefined;
  // a part of a header would keep the whole header in memory, its copy does not
  const copy = text.split('').join('');
  const kept = Object.freeze(ip.text === text ? { ...ip, text: copy } : ip);
  cache.set(copy, kept);
  return kept;
}

/** The bits of an address as `ipOf` reads it, without caching them. */
export function parseIp(text: string): IpBits | undefined {
  return readIp(text)?.bits;
}

/** Reads an address or `address/length`; bits behind the length do not count. `undefined` if it is neither. */
export function parseRange(text: string): IpRange | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bits = parseIp(address);
  if (bits === undefined || rest.length > 0) return undefined;
  const width = typeof bits === 'number' ? 32 : 128;
  if (length === undefined) return { bits, length: width };
  const extra = typeof bits === 'number' && address.includes(':') ? 96 : 0;
  const count = /^\d{1,3}$/.test(length) ? Number(length) - extra : -1;
  return count >= 0 && count <= width ? { bits, length: count } : undefined;
}

/** The leading bits of an address. */
export function leadingBits(bits: IpBits, length: number): IpBits {
  return typeof bits === 'number' ? Math.floor(bits / 2 ** (32 - length)) : bits >> BigInt(128 - length);
}

function readIp(text: string): Ip | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  if (!text.includes(':')) return isIPv4(text) ? ipv4(ipaddr.IPv4.parse(text)) : undefined;
  const plain = withoutDots(text);
  if (plain === undefined || !isIPv6(plain)) return undefined;
  const address = ipaddr.IPv6.parse(plain);
  if (address.isIPv4MappedAddress()) return ipv4(address.toIPv4Address());
  const groups = address.parts.map((group) => group.toString(16));
  const bits = BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`);
  return { text, bits, network: groups.slice(0, 4).join(':') };
}

function ipv4(address: ipaddr.IPv4): Ip {
  const text = address.toString();
  return { text, bits: address.octets.reduce((bits, octet) => bits * 256 + octet, 0), network: text };
}

/** Four parts at most; the parser alone takes fewer, octal and hex ones. */
function isIPv4(text: string): boolean {
  return /^[\d.]+$/.test(text) && ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** The parser alone takes zones. */
function isIPv6(text: string): boolean {
  return /^[\da-f:]+$/i.test(text) && ipaddr.IPv6.isValid(text);
}

/** An IPv6 address may end in an IPv4 address; the parser takes `::1.2.3.4` for a mapped one. */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const dotted = text.slice(start);
  if (!isIPv4(dotted)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(dotted).octets;
  return `${text.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
