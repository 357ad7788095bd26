import { integer, knownOptions } from '../options.js';
import type { RetrySettings } from './retry-policy.js';

/** Which refusals a client answers with another try. */
export interface RetryOptions {
  /**
   * Whether a call that was refused with TOKEN_EXPIRED, TOKEN_FROM_FUTURE or CHALLENGE_REQUIRED is made once more with a new token,
   * by the node's clock and with its challenge, once for each of the three. Only while no message was delivered and no streamed request message was
   * consumed. The source learns the node's clock from every refusal, whether calls are repeated or not. Default `true`.
   */
  retry?: boolean | undefined;
  /**
   * Whether a call that was refused with RATE_LIMITED is made again after the time that the node names. Under the same
   * conditions as `retry`, and never beyond the call's deadline; a refusal that names no time, or a longer one than
   * `maxDelayMs`, goes to the caller at once. Default: no call is. `{}` stands for the defaults.
   */
  retryRateLimited?: RetryRateLimitedOptions | undefined;
}

/** How patient a client is with rate limits. */
export interface RetryRateLimitedOptions {
  /**
   * How often one call is made again because of rate limits. 1 to 100. Default 1. A call is repeated three times in all at
   * most, whatever for, unless more than three waits are allowed here.
   */
  maxRetries?: number | undefined;
  /** Longest single wait, in milliseconds. 1 to 3 600 000 (an hour). Default 30 000 (half a minute). */
  maxDelayMs?: number | undefined;
}

/** The names of these options. */
export const retryOptionNames = ['retry', 'retryRateLimited'] as const;

/** @throws TypeError naming the option that is wrong. */
export function retrySettings(options: RetryOptions): RetrySettings {
  const { retry: token = true, retryRateLimited } = options;
  if (typeof token !== 'boolean') throw new TypeError('retry must be a boolean');
  if (retryRateLimited === undefined) return { token, rateLimited: undefined };
  if (typeof retryRateLimited !== 'object' || retryRateLimited === null) {
    throw new TypeError('retryRateLimited must be an object');
  }
  knownOptions(retryRateLimited, ['maxRetries', 'maxDelayMs']);
  const maxRetries = integer('retryRateLimited.maxRetries', retryRateLimited.maxRetries, 1, 1, 100);
  const maxDelayMs = integer('retryRateLimited.maxDelayMs', retryRateLimited.maxDelayMs, 30_000, 1, 3_600_000);
  return { token, rateLimited: { maxRetries, maxDelayMs } };
}
