/** How bytes become texts and texts bytes. A runtime may have a faster way than the portable one; both give the same. */
export interface Bytes {
  /**
   * Strict base64, PROTOCOL.md section 3: the standard or the URL-safe alphabet but not both, padding right or absent, no
   * other character, no bits left over.
   * @returns `undefined` where the text is none of that.
   */
  readonly readBase64: (text: string) => Base64 | undefined;
  /** Two lower-case hex digits for each byte. */
  readonly toHex: (bytes: Uint8Array) => string;
  /** One character for each byte: the one of that number. */
  readonly toLatin1: (bytes: Uint8Array) => string;
  /** UTF-8, as TextEncoder writes it. */
  readonly encodeUtf8: (text: string) => Uint8Array;
  /** How many bytes that takes. */
  readonly utf8Length: (text: string) => number;
}

/** A text that was base64. */
export interface Base64 {
  readonly bytes: Uint8Array;
  /** The same text in memory of its own: V8 keeps the whole of a long text alive for a part of it, here a header of any length. */
  readonly text: string;
}
