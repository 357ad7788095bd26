import { dottedTail, hostAndPort } from '../token/audience.js';
import { hasTargets } from './target-of.js';
import type { TargetTokenSource, TokenSource } from './token-source.js';

/** Where the tokens of a client are good. */
export interface AudienceOptions {
  /**
   * `'target'`: only on the node that is dialled, by the host and port of the target. Nodes have this name in their option
   * `audience`. Default: what the source's own `audience` says.
   */
  audience?: 'target' | undefined;
}

/**
 * Reads the option.
 * @returns whether tokens name the node that is dialled.
 * @throws TypeError if it is wrong, or the source cannot tell nodes apart.
 */
export function audienceIsTarget({ audience }: AudienceOptions, source: TokenSource | TargetTokenSource): boolean {
  if (audience === undefined) return false;
  if (audience !== 'target')
    throw new TypeError("audience must be 'target'; other names are an option of the token source");
  if (hasTargets(source)) return true;
  throw new TypeError('audience needs a token source with a forTarget() method');
}

/**
 * The name of a node by the target that gRPC dials: `dns:`, `ipv4:`, `ipv6:` and the authority of a DNS server are left out.
 * @param isTls whether the port is 443 where the target has none, or 80.
 * @throws TypeError for what names no single host: `unix:`, `xds:`, lists of addresses.
 */
export function audienceOfTarget(target: string, isTls: boolean): string {
  const path = target.replace(/^(?:dns:(?:\/\/[^/]*\/)?|ipv[46]:(?:\/\/\/)?)/, '');
  const [, host = path, port] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(path) ?? [];
  const isOther = /^(?:unix|unix-abstract|xds):/.test(target);
  const name = isOther ? undefined : hostAndPort(host, Number(port ?? (isTls ? 443 : 80)));
  if (name !== undefined) return name;
  throw new TypeError(`audience: ${JSON.stringify(target)} names no single host`);
}

/**
 * The name of a node by its URL, of which URL itself writes the host in the one way, but for IPv4 addresses inside IPv6 ones.
 * @returns a name that the source still has to check.
 */
export function audienceOfUrl(url: string): string {
  const { protocol, hostname, port } = new URL(url, (globalThis as { location?: { href?: string } }).location?.href);
  return `${dottedTail(hostname.replace(/\.$/, ''))}:${port || (protocol === 'http:' ? 80 : 443)}`;
}
