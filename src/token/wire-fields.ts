import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** One field of a message as it stands on the wire. */
export interface WireField {
  readonly number: number;
  /** A varint as bigint, a length-delimited field as bytes that alias the message; nothing for other wire types. */
  readonly value: bigint | Uint8Array | undefined;
}

/**
 * Splits a message into its fields, in order, repeats and unknown ones included.
 * @throws Error if the bytes are no message: a broken tag, varint or group, or a field that ends beyond the message.
 */
export function wireFields(message: Uint8Array): WireField[] {
  const reader = new BinaryReader(message);
  const fields: WireField[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    fields.push({ number, value: readValue(reader, number, wireType) });
  }
  return fields;
}

function readValue(reader: BinaryReader, number: number, wireType: WireType): bigint | Uint8Array | undefined {
  if (wireType === WireType.Varint) return BigInt(reader.uint64());
  if (wireType === WireType.LengthDelimited) return reader.bytes();
  reader.skip(wireType, number);
  return undefined;
}

/** @throws Error if the field is not length-delimited: other readers would read such bytes as another token, or as none. */
export function bytesOf({ number, value }: WireField): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error(`field ${number} has the wrong wire type`);
}

/** @throws Error if the field is no varint. */
export function uint64Of({ number, value }: WireField): bigint {
  if (typeof value === 'bigint') return value;
  throw new Error(`field ${number} has the wrong wire type`);
}
