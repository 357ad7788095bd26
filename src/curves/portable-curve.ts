import type { Curve } from '../crypto/curve.js';

/**
 * What stands for `fastestCurve` where there is no Node: no curve but the library's own.
 * @returns `undefined`.
 */
export function fastestCurve(): Curve | undefined {
  return undefined;
}
