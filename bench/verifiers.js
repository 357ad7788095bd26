import { bytes } from '#bytes';
import { fastestKeccak } from '#keccak';

import { createVerifierWith } from '../build/src/verify/create-verifier.js';
import { serverTools } from '../build/src/verify/tools.js';

const tools = serverTools(fastestKeccak(), bytes);

/** The verifier that `createGate` makes of such options under Node. */
export function gateVerifier(options) {
  return createVerifierWith(options, tools);
}
