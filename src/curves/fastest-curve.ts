import type { Curve } from '../crypto/curve.js';
import { nativeCurve } from './native-curve.js';
import { wasmCurve } from './wasm-curve.js';

/** What the environment variable WALLET_AUTH_CURVE may pin. noble is the verifier's own default and not loaded here. */
const CHOICES = new Map<string, () => Curve | undefined>([
  ['native', nativeCurve],
  ['wasm', wasmCurve],
  ['noble', () => undefined],
]);

/**
 * The fastest curve that loads here: native, else WASM, or the one that the environment variable WALLET_AUTH_CURVE pins:
 * `native`, `wasm` or `noble`. Synchronous; the same object each time.
 * @returns `undefined` where plain JavaScript is left, because it is pinned or because nothing else loads; the latter is
 *   reported as a process warning. As the option `curve`, `undefined` means `nobleCurve`.
 * @throws TypeError if WALLET_AUTH_CURVE names no curve, Error if the one it names does not load.
 * @example
 * import { createVerifier } from 'grpc-wallet-auth';
 * import { fastestCurve } from 'grpc-wallet-auth/curves';
 *
 * const verifier = createVerifier({ curve: fastestCurve() });
 * console.log(verifier.curve); // native, wasm or noble
 */
export function fastestCurve(): Curve | undefined {
  const pinned = process.env['WALLET_AUTH_CURVE'];
  if (pinned === undefined) return firstThatLoads([nativeCurve, wasmCurve]);
  const load = CHOICES.get(pinned);
  if (load === undefined) throw new TypeError(`WALLET_AUTH_CURVE must be one of ${[...CHOICES.keys()].join(', ')}`);
  return load();
}

function firstThatLoads(loaders: readonly (() => Curve)[]): Curve | undefined {
  const failures: string[] = [];
  for (const load of loaders) {
    try {
      return load();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  process.emitWarning(`tokens are verified in JavaScript, many times slower: ${failures.join('; ')}`, {
    code: 'WALLET_AUTH_SLOW_CURVE',
  });
  return undefined;
}
