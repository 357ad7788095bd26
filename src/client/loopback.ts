/** 127.0.0.0/8 in four decimal parts, without leading zeros: other spellings mean different addresses to different parsers. */
const IPV4_LOOPBACK = /^127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

/**
 * Tells whether a grpc-js target can only mean this machine: `localhost`, 127.0.0.0/8, `::1` or the path of a Unix socket,
 * with or without a scheme and a port. A name that merely resolves to loopback, or is resolved by a named DNS server, does
 * not count; neither does `unix-abstract:`, a name without permissions that any process can listen on first.
 */
export function isLoopbackTarget(target: string): boolean {
  if (target.startsWith('unix:')) return true;
  const path = target.replace(/^(dns:(\/\/\/)?|ipv4:|ipv6:)/, '');
  return path.split(',').every((address) => isLoopbackHost(hostOf(address)));
}

/** Tells whether what is sent to a URL travels in clear to another machine. @throws TypeError if it is no absolute URL. */
export function isPlaintextElsewhere(url: string): boolean {
  const { protocol, host } = new URL(url, (globalThis as { location?: { href?: string } }).location?.href);
  return protocol !== 'https:' && !isLoopbackTarget(host);
}

function hostOf(address: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(address);
  if (bracketed) return bracketed[1] ?? '';
  return address.split(':').length > 2 ? address : address.replace(/:\d+$/, '');
}

function isLoopbackHost(host: string): boolean {
  return /^localhost$/i.test(host) || IPV4_LOOPBACK.test(host) || host === '::1';
}
