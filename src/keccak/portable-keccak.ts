import { keccak256, type Keccak256 } from '../crypto/hash.js';

/** What stands for `fastestKeccak` where there is no Node: noble, because many such runtimes compile no WebAssembly. */
export function fastestKeccak(): Keccak256 {
  return keccak256;
}
