import type { TargetTokenSource, TokenSource } from './token-source.js';

/**
 * The view of one node, where the source can tell nodes apart: what this node says concerns the calls to it alone.
 * @param audience the node's name, for tokens that are good there alone. The source must be able to tell nodes apart.
 */
export function targetOf(
  source: TokenSource | TargetTokenSource,
  target: string,
  audience?: string,
): TargetTokenSource {
  if (!hasTargets(source)) return source;
  return audience === undefined ? source.forTarget(target) : source.forTarget(target, { audience });
}

/** Whether a source can tell nodes apart. */
export function hasTargets(source: TokenSource | TargetTokenSource): source is TokenSource {
  return 'forTarget' in Object(source);
}

/** Gets a token that can be a header. @throws what the source throws; TypeError if it gives something else. */
export async function tokenOf(source: TargetTokenSource, signal?: AbortSignal): Promise<string> {
  const token: unknown = await source.get(signal && { signal });
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new TypeError('the token source gave no token'); // the transport would quote it
}
