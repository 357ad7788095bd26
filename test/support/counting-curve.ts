import { nobleCurve, type Curve } from '../../src/index.js';

/** A curve that counts how often it is asked. */
export interface CountingCurve extends Curve {
  readonly calls: { verify: number; recover: number };
}

/** Wraps a curve, noble unless told otherwise. Parts given in `changes` answer in its place, and are counted too. */
export function countingCurve(changes: Partial<Curve> = {}, inner: Curve = nobleCurve): CountingCurve {
  const calls = { verify: 0, recover: 0 };
  const curve = { ...inner, ...changes };
  return {
    ...curve,
    calls,
    verify(...args) {
      calls.verify++;
      return curve.verify(...args);
    },
    recover(...args) {
      calls.recover++;
      return curve.recover(...args);
    },
  };
}
