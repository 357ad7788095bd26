import { bytes } from '../dist/src/bytes/node-bytes.js';
import { fastestKeccak } from '../dist/src/keccak/fastest-keccak.js';
import { createVerifierWith } from '../dist/src/verify/create-verifier.js';
import { serverTools } from '../dist/src/verify/tools.js';

const tools = serverTools(fastestKeccak(), bytes);

/** The verifier that `createGate` makes of such options under Node. */
export function gateVerifier(options) {
  return createVerifierWith(options, tools);
}
