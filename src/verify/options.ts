import type { Curve } from '../crypto/curve.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { clock, integer, knownOptions, optionalFunction, requiredInteger } from '../options.js';
import { audienceList } from '../token/audience.js';
import { isSiwe, validateStatements, xmtpStatement, type Statement } from '../token/statement.js';
import { createChallenges, type ChallengeOptions, type Challenges } from './challenge.js';
import { portableVerifierTools, type VerifierTools } from './tools.js';

const DAY_MS = 86_400_000;

/** How long a token lives where no option says otherwise, in milliseconds. */
export const MAX_AGE_MS = 3_600_000;

/** How a verifier judges tokens. Every option may be left out; `undefined` is the only "not set". */
export interface VerifierOptions {
  /** Oldest token accepted, in milliseconds; exactly this old is still good. 1 to 31 622 400 000 (366 days). Default 3 600 000 (one hour). */
  maxAgeMs?: number | undefined;
  /** How far in the future a token may have been made, in milliseconds. 0 (strict) to 86 400 000 (a day). Default 60 000 (one minute). */
  maxFutureSkewMs?: number | undefined;
  /**
   * Longest token accepted, in characters of base64, looked at before anything is decoded. 1 to 65 536. Default 2 048; real
   * tokens have 372, with additions below 700. It bounds what refusing a malformed token costs: at 2 048 less than
   * accepting a new token of a cached device with the fastest curve.
   */
  maxTokenLength?: number | undefined;
  /** The clock. Default: the system's. */
  now?: (() => Date) | undefined;
  /**
   * The statement that wallets sign on this network, of `siweStatement` or two lines, or up to four of them while clients change
   * from one to the next: they are tried in order, and a token of a new device that was signed by the last costs as many signature
   * checks more. Default: XMTP's.
   */
  statement?: Statement | readonly Statement[] | undefined;
  /**
   * The names of this node: `host:port` as clients dial it, or a name without a colon; 1 to 16. A token with an audience is refused
   * with WRONG_AUDIENCE unless it has one of them. They are compared exactly and never sent. Default: no name.
   */
  audience?: string | readonly string[] | undefined;
  /**
   * A challenge that changes slowly, so that tokens prove to have been made lately: a stale one is refused with CHALLENGE_REQUIRED,
   * and `require` demands one. It needs an `audience`. Default: none, and what tokens carry is ignored.
   */
  challenge?: ChallengeOptions | undefined;
  /**
   * Oldest certificate accepted, in milliseconds, by the time that its wallet signed; one without a time or dated more than a day
   * ahead counts as older. Refused with CERTIFICATE_EXPIRED. 1 to 316 224 000 000 (3 660 days). Default: any age.
   */
  maxCertificateAgeMs?: number | undefined;
  /** The secp256k1 implementation. Default: `nobleCurve`. */
  curve?: Curve | undefined;
  /** How many verified tokens to cache, so that each is verified once. 0 caches none. Default 10 000, about 7 MB when full. */
  maxCachedTokens?: number | undefined;
  /**
   * How much memory the cached tokens may take, in bytes: 640 for each and one for each character of its text, an ordinary
   * token 1 012. Tokens of callers that pad them leave room for fewer, the ones used longest ago make room, and one that is
   * larger than all of it is not cached. 1 to 1 000 000 000 000. Default 10 240 000 (10 MB), or 1 024 for each of
   * `maxCachedTokens` if that is more.
   */
  maxCachedTokenBytes?: number | undefined;
  /** How many certified identity keys to cache, so that a refreshed token costs one signature check. 0 caches none. Default 10 000, about 6 MB when full. */
  maxCachedDevices?: number | undefined;
  /**
   * Called once per verification, cached token or not, with a device that was proven: `true` refuses with DEVICE_REVOKED.
   * Must answer at once, from memory; what it throws, and an answer that is no boolean, refuses with INTERNAL. Not called for
   * a token that is refused for another reason. Default: no device is revoked.
   */
  isRevoked?: ((deviceId: string) => boolean) | undefined;
}

/** The options after validation: complete, and in the units in which they are used. */
export interface VerifierSettings {
  readonly maxAgeMs: number;
  readonly maxFutureSkewMs: number;
  readonly maxTokenLength: number;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  /** Those that are accepted, in the order in which they are tried. */
  readonly statements: readonly Statement[];
  /** Whether all of them name the time of the key, so that it must have one. */
  readonly needsKeyTime: boolean;
  /** The names of this node. */
  readonly audience: readonly string[];
  readonly challenges: Challenges | undefined;
  readonly maxCertificateAgeMs: number | undefined;
  readonly curve: Curve;
  readonly maxCachedTokens: number;
  readonly maxCachedTokenBytes: number;
  readonly maxCachedDevices: number;
  readonly isRevoked: ((deviceId: string) => boolean) | undefined;
  readonly tools: VerifierTools;
}

/** The names of all verifier options. */
export const verifierOptionNames = [
  'maxAgeMs',
  'maxFutureSkewMs',
  'maxTokenLength',
  'now',
  'statement',
  'audience',
  'challenge',
  'maxCertificateAgeMs',
  'curve',
  'maxCachedTokens',
  'maxCachedTokenBytes',
  'maxCachedDevices',
  'isRevoked',
] as const satisfies readonly (keyof VerifierOptions)[];

/**
 * Checks the options once and completes them.
 * @throws TypeError naming the option that is wrong or unknown.
 */
export function verifierSettings(
  options: VerifierOptions = {},
  tools: VerifierTools = portableVerifierTools,
): VerifierSettings {
  knownOptions(options, verifierOptionNames);
  const maxCachedTokens = integer('maxCachedTokens', options.maxCachedTokens, 10_000, 0, 10_000_000);
  const tokenBytes = Math.max(10_240_000, 1_024 * maxCachedTokens);
  const { maxAgeMs, maxFutureSkewMs, maxTokenLength, now, curve, isRevoked, maxCertificateAgeMs } = options;
  const statements = validateStatements(options.statement === undefined ? xmtpStatement : options.statement);
  const audience = options.audience === undefined ? [] : audienceList('audience', options.audience);
  if (options.challenge !== undefined && audience.length === 0) {
    throw new TypeError('challenge needs an audience: a token with a challenge must name its node');
  }
  return Object.freeze({
    maxAgeMs: integer('maxAgeMs', maxAgeMs, MAX_AGE_MS, 1, 366 * DAY_MS),
    maxFutureSkewMs: integer('maxFutureSkewMs', maxFutureSkewMs, 60_000, 0, DAY_MS),
    maxTokenLength: integer('maxTokenLength', maxTokenLength, 2_048, 1, 65_536),
    nowMs: clock(optionalFunction('now', now)),
    statements,
    needsKeyTime: statements.every(isSiwe),
    audience,
    challenges: options.challenge === undefined ? undefined : createChallenges(options.challenge),
    maxCertificateAgeMs:
      maxCertificateAgeMs === undefined
        ? undefined
        : requiredInteger('maxCertificateAgeMs', maxCertificateAgeMs, 1, 3_660 * DAY_MS),
    curve: curve === undefined ? nobleCurve : checkedCurve(curve),
    maxCachedTokens,
    maxCachedTokenBytes: integer('maxCachedTokenBytes', options.maxCachedTokenBytes, tokenBytes, 1, 1_000_000_000_000),
    maxCachedDevices: integer('maxCachedDevices', options.maxCachedDevices, 10_000, 0, 10_000_000),
    isRevoked: optionalFunction('isRevoked', isRevoked),
    tools,
  });
}

function checkedCurve(curve: Curve): Curve {
  const shape = [typeof curve?.name, typeof curve?.verify, typeof curve?.recover].join();
  if (shape === 'string,function,function') return curve;
  throw new TypeError('curve must be a Curve: { name, verify, recover, sign, publicKey }');
}
