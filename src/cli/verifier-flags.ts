import type { VerifierOptions } from '../verify/options.js';
import type { CommandValues } from './command.js';
import { UsageError } from './usage-error.js';

/** The options with which `inspect` and `verify` judge a token. */
export const verifierFlags = {
  'max-age-ms': { type: 'string' },
  'max-future-skew-ms': { type: 'string' },
  at: { type: 'string' },
} as const;

/** Their part of the help. */
export const VERIFIER_HELP = `\
  --max-age-ms <ms>          oldest token taken; default 3600000 (one hour)
  --max-future-skew-ms <ms>  how far in the future it may have been made; default 60000 (one minute)
  --at <time>                judge as if it were then: 2026-01-31T12:00:00Z, or milliseconds since 1970`;

const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * Makes a verifier's options of the given flags. The clock stands still if a time was asked for.
 * @throws UsageError if a flag is no number or no time; whether a number is in range is the verifier's business.
 */
export function verifierOptionsOf(values: CommandValues<typeof verifierFlags>): VerifierOptions & { now: () => Date } {
  const at = values.at === undefined ? undefined : timeFlag(values.at);
  return {
    maxAgeMs: integerFlag('--max-age-ms', values['max-age-ms']),
    maxFutureSkewMs: integerFlag('--max-future-skew-ms', values['max-future-skew-ms']),
    now: () => at ?? new Date(),
  };
}

function integerFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${name} must be a whole number of milliseconds`);
}

function timeFlag(text: string): Date {
  const date = new Date(/^\d{1,16}$/.test(text) ? Number(text) : ISO_TIME.test(text) ? text : NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new UsageError('--at must be a time with its zone, such as 2026-01-31T12:00:00Z, or milliseconds since 1970');
}
