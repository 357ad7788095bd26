export { fastestCurve } from './fastest-curve.js';
export { nativeCurve } from './native-curve.js';
export { wasmCurve } from './wasm-curve.js';
