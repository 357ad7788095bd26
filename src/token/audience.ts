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

const LABEL = '(?!-)[a-z0-9_-]{1,63}(?<!-)';
const HOST = new RegExp(`^(?=.{1,253}$)(?:\\[[0-9a-f:.]+\\]|${LABEL}(?:\\.${LABEL})*)$`);

function canonicalHost(host: string): string | undefined {
  const asked = host.toLowerCase().replace(/\.$/, '');
  if (!HOST.test(asked)) return undefined;
  if (typeof URL !== 'function') return asked; // React Native without a polyfill: addresses are left as they are
  try {
    const written = dottedTail(new URL(`http://${asked}/`).href.slice('http://'.length, -1));
    // URL has one way to write an address, and takes a name whose last label is a number for an IPv4 address in any form
    return asked.startsWith('[') || written === asked ? written : undefined;
  } catch {
    return undefined;
  }
}

/** A host as URL writes it, with the IPv4 address in an IPv6 one as RFC 5952 writes it. */
export function dottedTail(host: string): string {
  const [, ...tail] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(host) ?? [];
  if (tail.length === 0) return host;
  const octets = tail.map((group) => Number.parseInt(group, 16)).flatMap((bits) => [bits >> 8, bits & 255]);
  return `[::ffff:${octets.join('.')}]`;
}
