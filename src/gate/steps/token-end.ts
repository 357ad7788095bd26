import type { CallContext } from './pipeline.js';

/**
 * The last millisecond at which the call's token is good for the call's method, since the Unix epoch.
 * @returns `undefined` for a call without an identity.
 */
export function tokenEndMs({ identity, rule }: CallContext): number | undefined {
  if (identity === undefined) return undefined;
  const { issuedAtMs, expiresAtMs } = identity;
  const lifetimeMs = rule.require?.maxLifetimeMs;
  return lifetimeMs === undefined ? expiresAtMs : Math.min(expiresAtMs, issuedAtMs + lifetimeMs);
}
