import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/**
 * Refuses two faults of the wire format that protobuf-es reads over: a known field whose wire type is not that of its
 * declaration, and a field that reaches beyond the end of the message it is in. Other readers take such bytes for another
 * token, or for none.
 * @throws Error
 */
export function checkWire(message: DescMessage, bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message.fields.find((each) => each.number === number);
    if (field && wireType !== declaredWireType(field)) throw new Error(`${String(field)} has wire type ${wireType}`);
    if (field?.message) checkWire(field.message, reader.bytes());
    else reader.skip(wireType, number);
  }
}

/** Token fields are unsigned integers, or else texts, bytes and messages. */
function declaredWireType({ scalar }: DescField): WireType {
  return scalar === ScalarType.UINT64 || scalar === ScalarType.UINT32 ? WireType.Varint : WireType.LengthDelimited;
}
