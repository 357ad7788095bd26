import type { WalletIdentity } from '../identity.js';
import { isMethodPattern } from '../token/restrictions.js';
import type { VerifierOptions } from '../verify/options.js';
import { checkMethods } from '../verify/restrictions.js';
import { UsageError, integerFlag, timeFlag, type CommandValues } from './flags.js';
import { nodeFlags, nodeOptionsOf } from './node-flags.js';

/** The options with which `inspect` and `verify` check a token. */
export const verifierFlags = {
  'max-age-ms': { type: 'string' },
  'max-future-skew-ms': { type: 'string' },
  at: { type: 'string' },
  method: { type: 'string' },
  ...nodeFlags,
} as const;

/** Their part of the help. */
export const VERIFIER_HELP = `\
  --max-age-ms <ms>          oldest accepted token; default 3600000 (one hour)
  --max-future-skew-ms <ms>  how far in the future it may have been made; default 60000 (one minute)
  --at <time>                check as of this time: 2026-01-31T12:00:00Z, or milliseconds since 1970
  --audience <name>          a name of the node, host:port or without a colon; may be repeated; default: none
  --challenge-secret-file <file>  the node's secret of challenges; - for standard input; may be given twice. Or in the
                             environment variable WALLET_AUTH_CHALLENGE_SECRET. Default: challenges are ignored
  --challenge-slot <time>    how long one challenge is handed out, such as 10m, the default
  --method <method>          check that the token may call it: package.Service/Method`;

/**
 * Converts the flags to a verifier's options. The clock stands still if `--at` is given.
 * @throws UsageError if a flag is not a number or not a time, or a secret cannot be read; the verifier checks the ranges.
 */
export async function verifierOptionsOf(
  values: CommandValues<typeof verifierFlags>,
): Promise<VerifierOptions & { now: () => Date }> {
  const at = values.at === undefined ? undefined : timeFlag('--at', values.at);
  return {
    maxAgeMs: integerFlag('--max-age-ms', values['max-age-ms']),
    maxFutureSkewMs: integerFlag('--max-future-skew-ms', values['max-future-skew-ms']),
    ...(await nodeOptionsOf(values)),
    now: () => at ?? new Date(),
  };
}

/** A method from a flag: `package.Service/Method`. @throws UsageError if it is none. */
export function methodFlag(text: string): string {
  const method = text.replace(/^\//, '');
  if (isMethodPattern(method) && !method.endsWith('*')) return method;
  throw new UsageError('--method must be package.Service/Method');
}

/** @throws AuthError ACCESS_DENIED if the token of an identity may not call the method. */
export function checkMethod(identity: WalletIdentity, method: string | undefined): void {
  if (method !== undefined) checkMethods(identity, `/${method}`);
}
