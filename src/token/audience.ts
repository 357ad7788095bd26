import { MAX_AUDIENCE_LENGTH, MAX_AUDIENCES } from './restrictions.js';

/**
 * Checks a name under which tokens are meant for a node: `host:port` as `hostAndPort` writes it, or a name without a colon that
 * operators gave. Nodes and clients compare such names exactly, so there is one way to write each.
 * @param option how to call it in errors.
 * @throws TypeError naming what is wrong.
 */
export function audienceName(option: string, value: unknown): string {
  const wrong = (why: string) => new TypeError(`${option}: ${JSON.stringify(value) ?? typeof value} ${why}`);
  if (typeof value !== 'string' || !/^[!-~]+$/.test(value)) throw wrong('must be printable ASCII without spaces');
  if (value.length > MAX_AUDIENCE_LENGTH) throw wrong(`is longer than ${MAX_AUDIENCE_LENGTH} characters`);
  if (!value.includes(':')) return value;
  const [, host, port] = /^(.*):([1-9]\d{0,4})$/.exec(value) ?? [];
  if (host === undefined || Number(port) > MAX_PORT) throw wrong('must be host:port, or a name without a colon');
  const right = canonicalHost(host);
  if (right === undefined) throw wrong('has no host that can be dialled; international names are written as punycode');
  if (right !== host) throw wrong(`must be written ${JSON.stringify(`${right}:${port}`)}`);
  return value;
}

/**
 * The names under which tokens are meant for one node, or the nodes for which a token is meant.
 * @param value one name or a list of 1 to 16, none twice.
 * @throws TypeError naming what is wrong.
 */
export function audienceList(option: string, value: unknown): readonly string[] {
  if (typeof value === 'string') return Object.freeze([audienceName(option, value)]);
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_AUDIENCES) {
    throw new TypeError(`${option} must be a name or a list of 1 to ${MAX_AUDIENCES} names`);
  }
  const names = value.map((name) => audienceName(option, name));
  if (new Set(names).size < names.length) throw new TypeError(`${option} names a node twice`);
  return Object.freeze(names);
}

/**
 * The name of a node by where it is reached, in the one way in which it is written: lower case, no dot at the end, IPv6 in
 * brackets and in the form of RFC 5952.
 * @param host a DNS name, in punycode where it is international; an IPv4 address; an IPv6 address, in brackets or not.
 * @returns `undefined` if the host is none of that, or the port is not 1 to 65 535.
 */
export function hostAndPort(host: string, port: number): string | undefined {
  if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) return undefined;
  const canonical = canonicalHost(host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);
  return canonical === undefined ? undefined : `${canonical}:${port}`;
}

const MAX_PORT = 65_535;

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const OCTET = /^(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/;

function canonicalHost(host: string): string | undefined {
  if (host.startsWith('[')) {
    const address = host.endsWith(']') ? canonicalIpv6(host.slice(1, -1)) : undefined;
    return address && `[${address}]`;
  }
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  // as URLs do, a name whose last label is a number is an address or nothing
  if (/^\d+$/.test(last)) return isIpv4(labels) ? labels.join('.') : undefined;
  const name = labels.join('.');
  return name.length <= 253 && labels.every((label) => LABEL.test(label)) ? name : undefined;
}

function isIpv4(octets: readonly string[]): boolean {
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet));
}

/**
 * An IPv6 address in the form of RFC 5952.
 * @param text without brackets.
 * @returns `undefined` if it is none, or has a zone.
 */
function canonicalIpv6(text: string): string | undefined {
  const groups = ipv6Groups(text.toLowerCase());
  if (groups === undefined) return undefined;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The eight groups of an address; `undefined` if the text is none. */
function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const end = halves.length === 2 ? tail : head;
  const last = end.at(-1) ?? '';
  if (last.includes('.')) {
    const octets = last.split('.');
    if (!isIpv4(octets)) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
    end.splice(-1, 1, ((a << 8) | b).toString(16), ((c << 8) | d).toString(16));
  }
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<string>(missing).fill('0'), ...tail];
  return all.every((group) => /^[0-9a-f]{1,4}$/.test(group))
    ? all.map((group) => Number.parseInt(group, 16))
    : undefined;
}

/** The longest run of groups that are 0, the first of equal ones. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
