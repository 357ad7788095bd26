import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Bytes } from '../../src/bytes/bytes.js';
import { keccak256 } from '../../src/crypto/hash.js';
import { createGate } from '../../src/gate/create-gate.js';
import { createVerifier } from '../../src/index.js';
import { incomingCall } from '../support/incoming-call.js';
import { now, tokens } from '../support/tokens.js';

const used = vi.hoisted(() => ({ keccak: 0, base64: 0 }));

vi.mock('../../src/keccak/fastest-keccak.js', () => ({
  fastestKeccak: () => (message: Uint8Array) => {
    used.keccak++;
    return keccak256(message);
  },
}));
vi.mock('../../src/bytes/node-bytes.js', async (importOriginal) => {
  const original = await importOriginal<{ bytes: Bytes }>();
  const readBase64 = (text: string) => {
    used.base64++;
    return original.bytes.readBase64(text);
  };
  return { bytes: { ...original.bytes, readBase64 } };
});

describe('what is fast under Node', () => {
  beforeEach(() => {
    used.keccak = 0;
    used.base64 = 0;
  });

  it('is what a gate hashes and reads tokens with', () => {
    const gate = createGate({ now });
    expect(gate.decide(incomingCall(), tokens.good)).toMatchObject({ admitted: true });
    expect(used.keccak).toBeGreaterThan(2);
    expect(used.base64).toBe(1);
  });

  it('is not used by createVerifier, which is the same in every runtime', () => {
    expect(createVerifier({ now }).verify(tokens.good).wallet).toMatch(/^0x/);
    expect(used).toEqual({ keccak: 0, base64: 0 });
  });
});
