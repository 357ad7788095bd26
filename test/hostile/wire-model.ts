import { NOTHING, tag, varint } from '../support/raw-proto.js';

/** A message as a list of what stands in it: fields, and bytes that stand there as they are. */
export type Message = readonly Piece[];
export type Piece = Field | Uint8Array;

/** A field by its number. Which wire type it has follows from its value; numbers may be written with more bytes than needed. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array | Message;
  /** How many bytes the tag, and the length or the value, have; the fewest if left out. */
  readonly tagLength?: number;
  readonly varintLength?: number;
  /** Added to the tag, and to the length or the value: bits that are too many, which lax readers cut off. */
  readonly tagExcess?: bigint;
  readonly varintExcess?: bigint;
}

/** Where a field is: the numbers of the fields around it and its own. */
export type Path = readonly number[];

export const isField = (piece: Piece | undefined): piece is Field =>
  piece !== undefined && !(piece instanceof Uint8Array);
export const isMessage = (value: Field['value']): value is Message => Array.isArray(value);

/** Writes a message. */
export function encode(message: Message): Uint8Array {
  return join(message.map((piece) => (isField(piece) ? encodeField(piece) : piece)));
}

function encodeField(field: Field): Uint8Array {
  const { value, varintLength, varintExcess = 0n } = field;
  if (typeof value === 'bigint') return join([tagOf(field, 0), varint(value + varintExcess, varintLength)]);
  const content = isMessage(value) ? encode(value) : value;
  return join([tagOf(field, 2), varint(BigInt(content.length) + varintExcess, varintLength), content]);
}

function tagOf({ number, tagLength, tagExcess = 0n }: Field, wireType: number): Uint8Array {
  return varint(((BigInt(number) << 3n) | BigInt(wireType)) + tagExcess, tagLength);
}

/** Bytes one after the other. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A field that ends a group, starts one, or has any other wire type, around bytes. */
export function rawField(number: number, wireType: number, content: Uint8Array = NOTHING): Uint8Array {
  return join([tag(number, wireType), content]);
}

/** The value of the last field with this path; an error of the test if there is none. */
export function valueAt(message: Message, path: Path): Field['value'] {
  let value: Field['value'] = message;
  for (const number of path) {
    const field: Piece | undefined = isMessage(value) ? value.findLast((each) => numberOf(each) === number) : undefined;
    if (!isField(field)) throw new Error(`no field ${path.join('.')}`);
    value = field.value;
  }
  return value;
}

/** Whether there is a field with this path. */
export function has(message: Message, path: Path): boolean {
  const [number, ...rest] = path;
  if (number === undefined) return true;
  return message.some(
    (each) =>
      isField(each) &&
      each.number === number &&
      (rest.length === 0 || (isMessage(each.value) && has(each.value, rest))),
  );
}

/** The message with its fields of this path replaced by whatever `change` makes of them. */
export function replaced(message: Message, path: Path, change: (field: Field) => Message): Message {
  const [number, ...rest] = path;
  return message.flatMap((piece): Message => {
    if (!isField(piece) || piece.number !== number) return [piece];
    if (rest.length === 0) return change(piece);
    return isMessage(piece.value) ? [{ ...piece, value: replaced(piece.value, rest, change) }] : [piece];
  });
}

/** The message with the content of the message at this path replaced; the empty path is the message itself. */
export function within(message: Message, path: Path, change: (content: Message) => Message): Message {
  if (path.length === 0) return change(message);
  return replaced(message, path, (field) => [
    { ...field, value: isMessage(field.value) ? change(field.value) : field.value },
  ]);
}

/** The message with this value at this path. */
export function withValue(message: Message, path: Path, value: Field['value']): Message {
  return replaced(message, path, (field) => [{ ...field, value }]);
}

function numberOf(piece: Piece): number | undefined {
  return isField(piece) ? piece.number : undefined;
}
