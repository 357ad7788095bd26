const VARINT = 0;
const LENGTH_DELIMITED = 2;

const utf8 = new TextEncoder();

/** Writes the fields of one protobuf message, in the order of the calls. Small, because browsers load it. */
export class WireWriter {
  readonly #bytes: number[] = [];

  /** Writes an unsigned number: not negative, below 2^64. */
  varint(number: number, value: bigint): this {
    return this.#tag(number, VARINT).#varint(value);
  }

  /** Writes bytes, or a message inside this one. */
  bytes(number: number, value: Uint8Array): this {
    this.#tag(number, LENGTH_DELIMITED).#varint(BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  /** Writes a text as UTF-8. */
  text(number: number, value: string): this {
    return this.bytes(number, utf8.encode(value));
  }

  /** The message so far. */
  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #tag(number: number, wireType: number): this {
    return this.#varint(BigInt((number << 3) | wireType));
  }

  #varint(value: bigint): this {
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#bytes.push(Number(rest & 127n) | 128);
    this.#bytes.push(Number(rest));
    return this;
  }
}
