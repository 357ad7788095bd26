import { quietly } from '../../options.js';

/**
 * Warns where Redis may drop keys that never expire, when its memory is full: revocations would be forgotten. Policies that begin
 * with `volatile-` drop none.
 * @param policy `maxmemory-policy`; empty where Redis does not tell.
 */
export function warnOfEviction(policy: string): void {
  if (policy !== '' && !policy.startsWith('allkeys-')) return;
  const said = policy === '' ? 'unknown: INFO does not tell' : policy;
  const message = `redisDevices: the maxmemory-policy of Redis is ${said}. One that drops keys without expiry forgets revocations; use noeviction`;
  quietly(() => process.emitWarning(message, { code: 'WALLET_AUTH_REDIS_EVICTS' }));
}
