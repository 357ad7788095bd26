/** How a field's value stands on the wire. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH_DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FOUR_BYTES = 5;

/** Groups in groups that are skipped; the limit of protobuf-es. */
const MAX_DEPTH = 100;

const EMPTY = new Uint8Array(0);

/**
 * Reads a message field by field, nested messages in place, so that a message of many small parts costs little more than
 * its bytes. What readers of other languages understand in different ways is an error here: a length, a tag or a number
 * that is wider than its type, and a field that is read as what it is not.
 */
export class WireReader {
  /** The field that `next` found. */
  number = 0;
  wireType = 0;
  /** Becomes `true` when a varint is read that is longer than it need be. */
  sawOverlong = false;

  readonly #bytes: Uint8Array;
  #at = 0;
  /** Where the message ends that is being read. */
  #end: number;
  /** The last varint, as two unsigned numbers of 32 bits. */
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** How many bytes were read. */
  get position(): number {
    return this.#at;
  }

  /**
   * Goes to the next field, whose value is then to be read or skipped.
   * @returns `false` at the end of the message.
   * @throws Error if there is no field.
   */
  next(): boolean {
    const start = this.#at;
    if (start === this.#end) return false;
    this.#varint();
    if (this.#high !== 0 || this.#at - start > 5) throw new Error('a tag of more than 32 bits');
    this.number = this.#low >>> 3;
    this.wireType = this.#low & 7;
    if (this.number === 0) throw new Error('field 0');
    return true;
  }

  /**
   * A number of 64 bits.
   * @throws Error if the field is no varint of at most 64 bits.
   */
  uint64(): bigint {
    this.#expect(VARINT);
    this.#varint();
    return this.#high === 0 ? BigInt(this.#low) : (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /**
   * A number modulo 2^32, as every reader of a uint32 reads it.
   * @throws Error if the field is no varint of at most 64 bits.
   */
  uint32(): number {
    this.#expect(VARINT);
    this.#varint();
    return this.#low;
  }

  /**
   * The bytes of the field; they alias the message.
   * @throws Error if the field is not length-delimited or ends beyond the message.
   */
  bytes(): Uint8Array {
    const end = this.#delimited();
    const start = this.#at;
    this.#at = end;
    return start === end ? EMPTY : this.#bytes.subarray(start, end);
  }

  /**
   * Reads the message in the field.
   * @param read reads all of its fields, on top of what an earlier copy of the message held.
   * @throws Error if the field is not length-delimited or ends beyond the message, and what `read` throws.
   */
  message<T>(read: (reader: WireReader, before: T) => T, before: T): T {
    const outer = this.#end;
    this.#end = this.#delimited();
    const value = read(this, before);
    this.#end = outer;
    return value;
  }

  /** @throws Error if the field is broken. */
  skip(depth = MAX_DEPTH): void {
    switch (this.wireType) {
      case VARINT:
        return this.#varint();
      case EIGHT_BYTES:
        return this.#advance(8);
      case FOUR_BYTES:
        return this.#advance(4);
      case LENGTH_DELIMITED:
        this.#at = this.#delimited();
        return;
      case GROUP_START:
        return this.#skipGroup(this.number, depth);
      default:
        throw new Error(`wire type ${this.wireType}`);
    }
  }

  #skipGroup(number: number, depth: number): void {
    if (depth === 0) throw new Error(`groups more than ${MAX_DEPTH} deep`);
    while (this.next()) {
      if (this.wireType !== GROUP_END) this.skip(depth - 1);
      else if (this.number === number) return;
      else throw new Error('a group that ends as another');
    }
    throw new Error('a group without an end');
  }

  #expect(wireType: number): void {
    if (this.wireType !== wireType) throw new Error(`field ${this.number} has the wrong wire type`);
  }

  /** Reads a length and returns the place where the field ends. */
  #delimited(): number {
    this.#expect(LENGTH_DELIMITED);
    this.#varint();
    if (this.#high !== 0 || this.#low > this.#end - this.#at) throw beyondTheEnd();
    return this.#at + this.#low;
  }

  #advance(count: number): void {
    if (count > this.#end - this.#at) throw beyondTheEnd();
    this.#at += count;
  }

  /** Reads a varint of at most ten bytes and 64 bits. */
  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at === this.#end) throw beyondTheEnd();
      const byte = this.#bytes[this.#at++] ?? 0;
      const bits = byte & 127;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      if (shift > 28) high |= bits << (shift - 32);
      if (shift === 63 && bits > 1) break;
      if (byte < 128) {
        if (byte === 0 && shift > 0) this.sawOverlong = true;
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new Error('a number of more than 64 bits');
  }
}

function beyondTheEnd(): Error {
  return new Error('a field ends beyond the end of the message');
}
