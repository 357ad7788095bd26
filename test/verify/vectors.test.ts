import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { AuthError, createVerifier, type AuthReason } from '../../src/index.js';

interface Vector {
  name: string;
  header: string;
  nowNs: string;
  expect: 'accept' | 'reject' | 'either';
  wallet?: string;
  reason?: string;
  note: string;
}

/** The vectors' own words for reasons, and ours. */
const REASONS: Record<string, AuthReason> = {
  token_expired: 'TOKEN_EXPIRED',
  future: 'TOKEN_FROM_FUTURE',
  invalid_signature: 'INVALID_AUTH_DATA_SIGNATURE',
  unknown_signature_type: 'UNSUPPORTED_SIGNATURE_TYPE',
  wallet_mismatch: 'WALLET_MISMATCH',
  recovery_id: 'INVALID_WALLET_SIGNATURE',
  header: 'MALFORMED_HEADER',
  base64: 'MALFORMED_TOKEN',
};

const vectors = JSON.parse(readFileSync(new URL('../vectors/tokens.json', import.meta.url), 'utf8')) as Vector[];

const dateOf = (ns: string) => new Date(Number(BigInt(ns) / 1_000_000n));

function outcome(header: string, now: Date): { wallet: string } | { reason: AuthReason } {
  try {
    return { wallet: createVerifier({ now: () => now }).verify(header).wallet };
  } catch (error) {
    if (error instanceof AuthError) return { reason: error.reason };
    throw error;
  }
}

describe('tokens from other implementations', () => {
  it.each(vectors)('$name: $expect ($note)', (vector) => {
    const got = outcome(vector.header, dateOf(vector.nowNs));
    if (vector.expect === 'accept') expect(got).toEqual({ wallet: vector.wallet });
    else if (vector.expect === 'reject') expect(got).toEqual({ reason: REASONS[vector.reason ?? ''] });
    else if ('wallet' in got) expect(got.wallet).toBe(vector.wallet);
    else expect(got.reason).toBe(REASONS[vector.reason ?? '']);
  });

  it('accepts the captured token of 2022 ten minutes after its creation and not two hours after', () => {
    const [captured] = vectors;
    const createdMs = 1_660_761_120_550; // as read from the token
    const after = (minutes: number) => outcome(captured!.header, new Date(createdMs + minutes * 60_000));
    expect(after(10)).toEqual({ wallet: '0x2D0e614e8Dc8Adf82c70090F905e6cFC1DE84900' });
    expect(after(120)).toEqual({ reason: 'TOKEN_EXPIRED' });
  });
});
