import { WireReader } from './wire-reader.js';

/** One field of a message as it stands on the wire. */
export interface WireField {
  readonly number: number;
  /** A varint as bigint, a length-delimited field as bytes that alias the message; nothing for other wire types. */
  readonly value: bigint | Uint8Array | undefined;
}

/**
 * Splits a message into its fields, in order, repeats and unknown ones included. For messages that are short or trusted;
 * tokens are read without a list.
 * @throws Error if the bytes are no message: a broken tag, varint or group, or a field that ends beyond the message.
 */
export function wireFields(message: Uint8Array): WireField[] {
  const reader = new WireReader(message);
  const fields: WireField[] = [];
  while (reader.next()) fields.push({ number: reader.number, value: readValue(reader) });
  return fields;
}

function readValue(reader: WireReader): bigint | Uint8Array | undefined {
  if (reader.wireType === 0) return reader.uint64();
  if (reader.wireType === 2) return reader.bytes();
  reader.skip();
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
