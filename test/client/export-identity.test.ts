import { Buffer } from 'node:buffer';

import { computeAddress, SigningKey } from 'ethers';
import { describe, expect, it } from 'vitest';

import { exportIdentity } from '../../src/client/index.js';
import { mintIdentity, testWallets } from '../../src/testing/index.js';
import { encodeUnsignedKey } from '../../src/token/encode-token.js';
import { hostileValues } from '../support/hostile-values.js';

const identity = mintIdentity();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('exportIdentity', () => {
  const bytes = exportIdentity(identity);

  it('starts with version 1 and the wallet', () => {
    expect(bytes[0]).toBe(1);
    expect(hex(bytes.subarray(1, 21))).toBe(testWallets.alice.address.slice(2).toLowerCase());
  });

  it('goes on with the private key of the identity key', () => {
    const key = new SigningKey(bytes.subarray(21, 53));
    expect(key.publicKey).toBe(`0x${hex(identity.identityKey)}`);
    expect(computeAddress(key)).not.toBe(identity.wallet);
  });

  it('ends with the certified key', () => {
    const stored = hex(bytes.subarray(53));
    const timestamp = BigInt(Date.UTC(2025, 0));
    expect(stored.startsWith(hex(encodeUnsignedKey({ timestamp, bytes: undefined })))).toBe(true);
    expect(stored.endsWith(hex(identity.identityKey))).toBe(true);
  });

  it('gives fresh bytes each time', () => {
    exportIdentity(identity).fill(0);
    expect(exportIdentity(identity)).toEqual(bytes);
  });

  it.each(hostileValues)('refuses %s', (_, value) => {
    expect(() => exportIdentity(value as never)).toThrow(TypeError);
  });
});
