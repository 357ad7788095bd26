import { isIPv4, isIPv6 } from 'node:net';

/** The bits of an address: a `number` is IPv4, a `bigint` is IPv6. */
export type IpBits = number | bigint;

/** A CIDR range; a single address is one of full length. */
export interface IpRange {
  readonly bits: IpBits;
  /** How many leading bits count: up to 32 or 128. */
  readonly length: number;
}

const MAPPED = 0xffffn; // ::ffff:0:0/96 holds the IPv4 addresses

/** Reads an address in any of its spellings; IPv4-mapped IPv6 is IPv4. `undefined` if it is none, or has a zone. */
export function parseIp(text: string): IpBits | undefined {
  if (isIPv4(text)) return ipv4(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups(text);
  const bits = (number48(a, b, c) << 80n) | (number48(d, e, f) << 32n) | number48(0, g, h);
  return bits >> 32n === MAPPED ? Number(bits & 0xffff_ffffn) : bits;
}

/** Reads an address or `address/length`; bits behind the length do not count. `undefined` if it is neither. */
export function parseRange(text: string): IpRange | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bits = parseIp(address);
  if (bits === undefined || rest.length > 0) return undefined;
  const width = typeof bits === 'number' ? 32 : 128;
  if (length === undefined) return { bits, length: width };
  const extra = typeof bits === 'number' && isIPv6(address) ? 96 : 0;
  const count = /^\d{1,3}$/.test(length) ? Number(length) - extra : -1;
  return count >= 0 && count <= width ? { bits, length: count } : undefined;
}

/** The leading bits of an address. */
export function leadingBits(bits: IpBits, length: number): IpBits {
  return typeof bits === 'number' ? Math.floor(bits / 2 ** (32 - length)) : bits >> BigInt(128 - length);
}

function ipv4(text: string): number {
  let bits = 0;
  for (const byte of text.split('.')) bits = bits * 256 + Number(byte);
  return bits;
}

function number48(high: number, middle: number, low: number): bigint {
  return BigInt(high * 0x1_0000_0000 + middle * 0x1_0000 + low);
}

const COLON = 0x3a;

/** The eight groups of 16 bits of a valid IPv6 address without zone. One pass, because it is done for calls. */
export function groups(text: string): readonly number[] {
  const plain = text.includes('.') ? withoutDots(text) : text;
  const found: number[] = [];
  let gap = 8; // where `::` stands for as many zeros as are missing
  let group = 0;
  for (let i = 0; i < plain.length; i++) {
    const code = plain.charCodeAt(i);
    if (code !== COLON) {
      group = group * 16 + hexDigit(code);
      continue;
    }
    if (i > 0) found.push(group);
    group = 0;
    if (plain.charCodeAt(i + 1) === COLON) {
      gap = found.length;
      i++;
    }
  }
  if (!plain.endsWith(':')) found.push(group);
  while (found.length < 8) found.splice(gap, 0, 0);
  return found;
}

function hexDigit(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}

/** An IPv6 address may end in an IPv4 address. */
function withoutDots(text: string): string {
  return text.replace(/[\d.]+$/, (dotted) => {
    const bits = ipv4(dotted);
    return `${Math.floor(bits / 65_536).toString(16)}:${(bits % 65_536).toString(16)}`;
  });
}
