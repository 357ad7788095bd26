/** A protobuf writer that writes what it is told, also what no generated code would. */

export const NOTHING = new Uint8Array(0);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A varint, padded with empty groups up to `length` bytes where one is given, which protobuf calls overlong. */
export function varint(value: bigint | number, length = 0): Uint8Array {
  const groups: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n || groups.length + 1 < length) {
    groups.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...groups, Number(rest)]);
}

/** A field's tag; wire types: 0 varint, 1 eight bytes, 2 length and bytes, 3 start of a group, 4 its end, 5 four bytes. */
export function tag(field: number, wireType: number): Uint8Array {
  return varint((BigInt(field) << 3n) | BigInt(wireType));
}

/** A varint field, left out when it is 0, as proto3 does. */
export function uint(field: number, value: bigint | number): Uint8Array {
  return BigInt(value) === 0n ? NOTHING : written(field, value);
}

/** A varint field, also when it is 0. */
export function written(field: number, value: bigint | number): Uint8Array {
  return concat(tag(field, 0), varint(value));
}

/** A bytes or message field, also when it is empty. */
export function bytes(field: number, content: Uint8Array): Uint8Array {
  return concat(tag(field, 2), varint(content.length), content);
}

/** A string field. */
export function text(field: number, content: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(content));
}
