import { RateLimiterCompatibleAbstract, RateLimiterRes } from 'rate-limiter-flexible';

import type { Take } from '../gate/limits/limit-store.js';

/**
 * Buckets of this process as the insurance limiter of rate-limiter-flexible: it takes over while Redis is away. (The library's
 * own memory limiter counts in fixed windows, charges for refusals and grows without bound.)
 */
export class Insurance extends RateLimiterCompatibleAbstract {
  override readonly keyPrefix = '';
  override blockDuration = 0;
  override execEvenly = false;
  readonly #take: Take;

  constructor(take: Take) {
    super();
    this.#take = take;
  }

  /** Rejects with the library's result if there are too few points, as all its limiters do. */
  override async consume(key: string | number, points = 1): Promise<RateLimiterRes> {
    const waitMs = await this.#take(String(key), points);
    if (waitMs === 0) return new RateLimiterRes(0, 0);
    throw new RateLimiterRes(0, waitMs);
  }
}
