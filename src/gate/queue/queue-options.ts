import { integer, knownOptions } from '../../options.js';

/** How tokens wait that need the curve. */
export interface VerificationQueueOptions {
  /**
   * How many tokens may wait. Beyond that the newest of the address with the most waiting gets RATE_LIMITED. 1 to 10 000.
   * Default 1 000.
   */
  maxWaiting?: number | undefined;
  /**
   * How long the curve may be used in one turn of the event loop, in milliseconds; a verification that has begun is finished. 1 to
   * 100. Default 1.
   */
  sliceMs?: number | undefined;
}

/** The options after validation. */
export interface VerificationQueueSettings {
  readonly maxWaiting: number;
  readonly sliceMs: number;
}

/**
 * Checks the options.
 * @returns `undefined` if there is to be no queue.
 * @throws TypeError naming the option that is wrong.
 */
export function verificationQueueSettings(
  options: VerificationQueueOptions | false = {},
): VerificationQueueSettings | undefined {
  if (options === false) return undefined;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError('verificationQueue must be false or { maxWaiting, sliceMs }');
  knownOptions(options, ['maxWaiting', 'sliceMs']);
  return Object.freeze({
    maxWaiting: integer('verificationQueue.maxWaiting', options.maxWaiting, 1_000, 1, 10_000),
    sliceMs: integer('verificationQueue.sliceMs', options.sliceMs, 1, 1, 100),
  });
}
