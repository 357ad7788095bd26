import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { deviceIdOf } from '../../src/crypto/address.js';
import { aliceAddress, planToken } from '../support/token-workshop.js';

const { keyBytes } = planToken();

describe('deviceIdOf', () => {
  it('is PROTOCOL.md section 7: wallet, slash, 32 hex digits of SHA-256 of the key', () => {
    const digest = createHash('sha256').update(keyBytes).digest('hex');
    const deviceId = deviceIdOf(aliceAddress as `0x${string}`, keyBytes);
    expect(deviceId).toBe(`${aliceAddress}/${digest.slice(0, 32)}`);
    expect(deviceId).toHaveLength(75);
  });
});
