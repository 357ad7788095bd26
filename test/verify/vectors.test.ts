import { describe, expect, it } from 'vitest';

import { AuthError, createVerifier } from '../../src/index.js';
import { readVectors, vectorFileNames, verifierOptionsOf } from '../support/vectors.js';

// what depends on the call is judged by gates: test/vectors/vectors.test.ts
const vectors = vectorFileNames()
  .flatMap(readVectors)
  .filter(
    ({ node, expected }) =>
      node.require === undefined && !('reason' in expected && expected.reason === 'ACCESS_DENIED'),
  );

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    '%s',
    (_, { authorization, node, nowMs, expected }) => {
      const verifier = createVerifier(verifierOptionsOf(node, nowMs));
      try {
        const { wallet, deviceId, issuedAtMs, expiresAtMs } = verifier.verify(authorization);
        expect({ wallet, deviceId, issuedAtMs, expiresAtMs }).toEqual(expected);
      } catch (error) {
        if (!(error instanceof AuthError)) throw error;
        const { reason, code: status, message, info } = error;
        expect({ reason, status, message, info }).toEqual(expected);
      }
    },
  );
});
