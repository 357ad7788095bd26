/** A protobuf writer of a few lines, so that tests can write what no generated code would, and check ours independently. */

export const NOTHING = new Uint8Array(0);

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A varint, padded with empty groups up to `length` bytes where one is given (protobuf calls that overlong). */
export function varint(value: bigint | number, length = 0): Uint8Array {
  const groups: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n || groups.length + 1 < length) {
    groups.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...groups, Number(rest)]);
}

/** A field's tag; wire types: 0 varint, 1 eight bytes, 2 length and bytes, 3 group start, 4 group end, 5 four bytes. */
export function tag(field: number, wireType: number): Uint8Array {
  return varint((BigInt(field) << 3n) | BigInt(wireType));
}

/** A varint field; left out when it is 0, as proto3 does. */
export function uint(field: number, value: bigint | number): Uint8Array {
  return BigInt(value) === 0n ? NOTHING : concat(tag(field, 0), varint(value));
}

/** A bytes, string or message field. Written even when it is empty. */
export function bytes(field: number, content: Uint8Array): Uint8Array {
  return concat(tag(field, 2), varint(content.length), content);
}

/** A string field. */
export function text(field: number, content: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(content));
}

/** A group, protobuf's first way of nesting; nobody writes it today, every reader must skip it. */
export function group(field: number, content: Uint8Array): Uint8Array {
  return concat(tag(field, 3), content, tag(field, 4));
}
