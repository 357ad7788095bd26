import { describe, expect, it } from 'vitest';

import { epochMs, epochNs } from '../../src/client/epoch.js';

describe('epochMs', () => {
  it('gives the milliseconds as bigint', () => {
    expect(epochMs(0)).toBe(0n);
    expect(epochMs(Number.MAX_SAFE_INTEGER)).toBe(9_007_199_254_740_991n);
  });

  it('refuses a time before 1970', () => {
    expect(() => epochMs(-1)).toThrow(RangeError);
  });
});

describe('epochNs', () => {
  it('gives the exact nanoseconds where a double could not', () => {
    expect(epochNs(1_660_761_120_551)).toBe(1_660_761_120_551_000_000n);
  });

  it('takes the last millisecond whose nanoseconds fit into 64 bits, and not the next', () => {
    expect(epochNs(18_446_744_073_709)).toBe(18_446_744_073_709_000_000n);
    expect(() => epochNs(18_446_744_073_710)).toThrow(RangeError);
  });
});
