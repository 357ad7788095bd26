import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { WireWriter } from '../../src/token/encode-token.js';

describe('WireWriter', () => {
  it('writes what the writer of protobuf-es writes', () => {
    const number = fc.integer({ min: 1, max: 2_000 });
    const values = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.constantFrom(0n, 127n, 128n, 16_383n, 16_384n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.constantFrom('', 'ü✓', '\ud800'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(number, values), { maxLength: 5 }), (fields) => {
        const [ours, theirs] = [new WireWriter(), new BinaryWriter()];
        for (const [field, value] of fields) {
          if (typeof value === 'bigint') {
            ours.varint(field, value);
            theirs.tag(field, WireType.Varint).uint64(value);
          } else if (typeof value === 'string') {
            ours.text(field, value);
            theirs.tag(field, WireType.LengthDelimited).string(value);
          } else {
            ours.bytes(field, value);
            theirs.tag(field, WireType.LengthDelimited).bytes(value);
          }
        }
        expect(ours.finish()).toEqual(theirs.finish());
      }),
      { numRuns: 500 },
    );
  });
});
