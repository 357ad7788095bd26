import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AuthError, createVerifier, inspectToken, type AuthorizationValue } from '../../src/index.js';
import { anyText, mutated } from '../support/arbitraries.js';
import {
  aliceAddress,
  base64,
  bob,
  bobAddress,
  NOW_MS,
  NS_PER_MS,
  planToken,
  someKey,
} from '../support/token-workshop.js';

const verifier = createVerifier({ now: () => new Date(NOW_MS) });

/** The wallet that is accepted, or the AuthError; any other exception fails the property. */
function judge(authorization: unknown): string | AuthError {
  try {
    return verifier.verify(authorization as AuthorizationValue).wallet;
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
}

const aliceToken = planToken();
const bobToken = planToken({ wallet: bob, device: someKey(2) });

describe('whatever is sent, the answer is an identity or an AuthError', () => {
  it('for arbitrary values and texts', () => {
    const values = fc.oneof(
      fc.anything(),
      anyText(),
      anyText().map((text) => `Bearer ${text}`),
      fc.array(anyText()),
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(judge(value)).toBeInstanceOf(AuthError);
      }),
      { numRuns: 1_000 },
    );
  });

  it('for arbitrary bytes as a token', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(judge(`Bearer ${base64(bytes)}`)).toBeInstanceOf(AuthError);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a mutated token is refused, or names the wallet whose key signed it', () => {
  const outcome = (text: string) => {
    const answer = judge(text);
    if (!(answer instanceof AuthError)) return answer;
    return answer.reason === 'INTERNAL' ? answer.reason : 'refused';
  };

  it('when bytes are changed, cut, moved, doubled or put in', () => {
    fc.assert(
      fc.property(mutated(aliceToken.token), (bytes) => {
        expect(['refused', aliceAddress]).toContain(outcome(`Bearer ${base64(bytes)}`));
      }),
      { numRuns: 300 },
    );
  });

  it('when characters of its text are changed', () => {
    const text = base64(aliceToken.token);
    const change = fc.tuple(fc.nat(text.length - 1), fc.constantFrom(...'AB/+-_=, z09'.split('')));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const characters = text.split('');
        for (const [at, character] of changes) characters[at] = character;
        expect(['refused', aliceAddress]).toContain(outcome(`Bearer ${characters.join('')}`));
      }),
      { numRuns: 200 },
    );
  });

  it('when parts of two good tokens are swapped: all 64 mixtures', () => {
    const parts = ['keyTimestamp', 'keyBytes', 'walletSignature', 'claims', 'authSignature', 'createdNs'] as const;
    const alice = planToken({ keyTimestamp: 1n, createdNs: BigInt(NOW_MS) * NS_PER_MS });
    const other = planToken({
      wallet: bob,
      device: someKey(2),
      keyTimestamp: 2n,
      createdNs: BigInt(NOW_MS) * NS_PER_MS - 1n,
    });
    const accepted = [];
    for (let mixture = 0; mixture < 2 ** parts.length; mixture++) {
      const changes = Object.fromEntries(parts.map((part, i) => [part, ((mixture >> i) & 1 ? other : alice)[part]]));
      const answer = judge(`Bearer ${base64(planToken(changes).token)}`);
      if (!(answer instanceof AuthError)) accepted.push([mixture, answer]);
    }
    expect(accepted).toEqual([
      [0, aliceAddress],
      [63, bobAddress],
    ]);
  });

  it('when pieces of two good tokens are spliced', () => {
    fc.assert(
      fc.property(fc.nat(aliceToken.token.length), fc.nat(bobToken.token.length), (end, start) => {
        const bytes = [...aliceToken.token.subarray(0, end), ...bobToken.token.subarray(start)];
        // the splice may happen to be one of the two tokens whole
        expect(['refused', aliceAddress, bobAddress]).toContain(outcome(`Bearer ${base64(Uint8Array.from(bytes))}`));
      }),
      { numRuns: 300 },
    );
  });
});

describe('inspectToken', () => {
  it('never throws because of a token', () => {
    const texts = fc.oneof(
      anyText(),
      mutated(aliceToken.token).map((bytes) => base64(bytes)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(inspectToken(text, { now: () => new Date(NOW_MS) }).verdict).toMatch(/^(accepted|refused)$/);
      }),
      { numRuns: 200 },
    );
  });
});
