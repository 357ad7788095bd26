import type { RestrictionOptions } from '../client/token-restrictions.js';
import { UsageError, durationFlag, timeFlag } from './flags.js';

/** The flags of `wallet-auth token` about what the token may not do. */
export interface RestrictionValues {
  readonly audience: readonly string[] | undefined;
  readonly 'valid-for': string | undefined;
  readonly expires: string | undefined;
  readonly methods: readonly string[] | undefined;
  readonly challenge: string | undefined;
  readonly strict: boolean | undefined;
}

/**
 * Converts the flags to the options of a token that is made now.
 * @throws UsageError if one is no time, or they do not go together; `createToken` checks the rest.
 */
export function restrictionsOf(values: RestrictionValues, now: Date): RestrictionOptions {
  const { audience, methods, challenge, strict } = values;
  if (challenge !== undefined && audience === undefined) throw new UsageError('--challenge goes with --audience');
  if (challenge !== undefined && !/^[0-9a-f]{32}$/i.test(challenge)) {
    throw new UsageError('--challenge must be 32 hex digits');
  }
  return { audience, validForMs: validForMs(values, now), methods, challenge, strict };
}

function validForMs({ 'valid-for': validFor, expires }: RestrictionValues, now: Date): number | undefined {
  if (validFor !== undefined && expires !== undefined) {
    throw new UsageError('--valid-for and --expires exclude each other');
  }
  if (validFor !== undefined) return durationFlag('--valid-for', validFor);
  if (expires === undefined) return undefined;
  const ms = timeFlag('--expires', expires).getTime() - now.getTime();
  if (ms > 0) return ms;
  throw new UsageError('--expires must be a time that is yet to come');
}
