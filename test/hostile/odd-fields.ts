import { group, NOTHING, varint } from '../support/raw-proto.js';
import { join, rawField, type Field, type Piece } from './wire-model.js';

/** A stream of numbers out of one that fast-check chose. */
export function numbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Another value of the same type, for a copy that must not count: of a message, an empty one. */
export function otherValue({ value }: Field, random: () => number): Field['value'] {
  if (typeof value === 'bigint') return BigInt(random());
  if (!(value instanceof Uint8Array)) return [];
  return new Uint8Array(random() % 70).fill(random() & 0x7f);
}

/** A well-formed field with a number that no message of the token declares, from `first` up. */
export function unknownField(random: () => number, first = 4): Piece {
  const any = first + (random() % 2 ** (2 + (random() % 26)));
  const number = any === 1600 ? 1601 : any; // the number of the restrictions, and of the end of a key
  switch (random() % 5) {
    case 0:
      return rawField(number, 0, varint(BigInt(random()) * BigInt(random()), random() % 11));
    case 1:
      return rawField(number, 1, new Uint8Array(8).fill(random()));
    case 2:
      return { number, value: new Uint8Array(random() % 40).fill(random()) };
    case 3:
      return group(
        number,
        join([
          rawField(1, 0, varint(random())),
          rawField(2, 2, join([varint(2), Uint8Array.of(8, 1)])),
          group(7, NOTHING),
        ]),
      );
    default:
      return rawField(number, 5, new Uint8Array(4).fill(random()));
  }
}

/** A number that is 0 in its low `bits`, and in which a varint of ten bytes has room for the rest. */
export function excess(bits: 32 | 64, random: () => number): bigint {
  if (bits === 64) return BigInt(1 + (random() % 63)) << 64n;
  const one = 1n << BigInt(32 + (random() % 38)); // 2^32 to 2^69
  return random() % 2 === 0 ? one : one + (BigInt(random() % 2 ** 28) << 32n);
}

/** Bytes that no parser may read over, wherever in a message they stand. */
export function brokenField(random: () => number): Uint8Array {
  const number = 4 + (random() % 20);
  switch (random() % 8) {
    case 0:
      return Uint8Array.of(random() % 8, 0, 0, 0, 0, 0, 0, 0, 0); // field number 0
    case 1:
      return rawField(number, 6 + (random() % 2), new Uint8Array(8)); // no such wire type
    case 2:
      return rawField(number, 4); // the end of a group that did not start
    case 3:
      return rawField(number, 3); // a group that does not end
    case 4:
      return join([rawField(number, 3), rawField(number + 1, 4)]); // a group that ends as another one
    case 5:
      return rawField(number, 2, varint(5_000 + (random() % 2 ** 31))); // longer than everything
    case 6:
      return rawField(number, 2, join([varint(3n + excess(32, random)), new Uint8Array(3)])); // 2^32 + 3 bytes and more
    default:
      return rawField(number, 0, new Uint8Array(11).fill(0xff)); // a number without an end
  }
}

/** The same field, well-formed, but of another wire type than it has by its declaration. */
export function otherWireType({ number, value }: Field, random: () => number): Uint8Array {
  const choices = [
    rawField(number, 1, new Uint8Array(8)),
    rawField(number, 5, new Uint8Array(4)),
    group(number, NOTHING),
    typeof value === 'bigint'
      ? rawField(number, 2, join([varint(1), Uint8Array.of(1)]))
      : rawField(number, 0, varint(1)),
  ];
  return choices[random() % choices.length]!;
}
