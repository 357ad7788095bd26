import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AuthError, decodeToken } from '../../src/index.js';
import { mutated } from '../support/arbitraries.js';
import { base64, bob, planToken, someKey } from '../support/token-workshop.js';
import { referenceFields } from './reference-reader.js';

const tokens = [planToken().token, planToken({ wallet: bob, device: someKey(2) }).token];

function fieldsOf(bytes: Uint8Array) {
  try {
    return decodeToken(base64(bytes));
  } catch (error) {
    if (error instanceof AuthError && error.reason === 'MALFORMED_TOKEN') return undefined;
    throw error;
  }
}

describe('a token is read as the generated code reads it, or refused', () => {
  it('is shown by a reference that reads good tokens', () => {
    for (const token of tokens) expect(referenceFields(token)?.authDataBytes).toHaveLength(54);
  });

  it('for good tokens, changed', () => {
    fc.assert(
      fc.property(fc.oneof(...tokens.map(mutated)), (bytes) => {
        expect(fieldsOf(bytes)).toEqual(referenceFields(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('for the beginnings of one and the ends of the other', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (end, start) => {
        const bytes = Uint8Array.from([...tokens[0]!.subarray(0, end), ...tokens[1]!.subarray(start)]);
        expect(fieldsOf(bytes)).toEqual(referenceFields(bytes));
      }),
      { numRuns: 1_000 },
    );
  });
});
