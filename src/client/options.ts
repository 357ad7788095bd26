import type { Curve } from '../crypto/curve.js';
import { nobleCurve } from '../crypto/noble-curve.js';
import { clock, knownOptions, optionalFunction } from '../options.js';
import { validateStatement, xmtpStatement, type Statement } from '../token/statement.js';

/** Options of the client's functions. Every one may be left out; `undefined` is the only "not set". */
export interface ClientOptions {
  /** The statement that wallets sign on this network, of two lines or of `siweStatement`. Default: XMTP's. */
  statement?: Statement | undefined;
  /** The clock. Default: the system's. */
  now?: (() => Date) | undefined;
  /** The secp256k1 implementation. Default: `nobleCurve`, which works in every runtime. */
  curve?: Curve | undefined;
}

/** The options after validation: complete, and in the units in which they are used. */
export interface ClientSettings {
  /** The text of the identity statement. */
  readonly statement: Statement;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  /** The secp256k1 implementation. */
  readonly curve: Curve;
}

/**
 * Checks the options once and completes them.
 * @param names those that the function at hand knows.
 * @throws TypeError naming the option that is wrong or unknown.
 */
export function clientSettings(options: ClientOptions, names: readonly string[]): ClientSettings {
  knownOptions(options, names);
  const { statement, now, curve } = options;
  return Object.freeze({
    statement: statement === undefined ? xmtpStatement : validateStatement(statement),
    nowMs: clock(optionalFunction('now', now)),
    curve: curve === undefined ? nobleCurve : signingCurve(curve),
  });
}

function signingCurve(curve: Curve): Curve {
  const isCurve = [typeof curve?.recover, typeof curve?.sign, typeof curve?.publicKey].every((t) => t === 'function');
  if (isCurve) return curve;
  throw new TypeError('curve must be a Curve: { name, verify, recover, sign, publicKey }');
}
