// The few instructions of WebAssembly that the hash needs, as lists of bytes, and the frame of a module.

/** A signed LEB128 number, as constants are written. */
export function signed(value) {
  const bytes = [];
  for (let rest = BigInt(value); ;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

/** An unsigned LEB128 number, as sizes and indices are written. */
export function unsigned(value) {
  const bytes = [];
  for (let rest = value; ;) {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
    if (rest === 0) return bytes;
  }
}

/** Instructions one after the other. */
export const code = (...parts) => parts.flat(Infinity);

export const I32 = 0x7f;
export const I64 = 0x7e;

export const get = (local) => [0x20, ...unsigned(local)];
export const set = (local) => [0x21, ...unsigned(local)];
export const tee = (local) => [0x22, ...unsigned(local)];

export const i32 = {
  const: (value) => [0x41, ...signed(value)],
  add: [0x6a],
  sub: [0x6b],
  ne: [0x47],
};

export const i64 = {
  const: (value) => [0x42, ...signed(value)],
  /** Loads from the address on the stack plus an offset. */
  load: (offset) => [0x29, 3, ...unsigned(offset)],
  /** Stores the value on the stack to the address under it plus an offset. */
  store: (offset) => [0x37, 3, ...unsigned(offset)],
  and: [0x83],
  xor: [0x85],
  rotl: (bits) => (bits === 0 ? [] : [...i64.const(bits), 0x89]),
};

/** Repeats a body as long as it leaves a number other than 0 on the stack. */
export const repeat = (...body) => code(0x03, 0x40, body, 0x0d, 0x00, 0x0b);

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/**
 * A module of one function, exported as `hash`, and its memory, exported as `memory`.
 * @param options.parameters types of the function's parameters; `locals`: types of its other locals, in groups of
 *   `[count, type]`; `body`: its instructions; `pages`: of 64 KiB; `data`: bytes that are in memory from the start, with the `offset`.
 */
export function moduleOf({ parameters, locals, body, pages, data }) {
  const section = (id, content) => [id, ...sized(content)];
  const name = (text) => sized([...new TextEncoder().encode(text)]);
  const list = (...items) => [...unsigned(items.length), ...items.flat()];
  const groups = locals.map(([count, type]) => [...unsigned(count), type]);
  const whole = [...list(...groups), ...body, 0x0b];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, list([0x60, ...list(...parameters.map((type) => [type])), ...list()])), // types: one, of no result
    ...section(3, list([0])), // functions: one, of that type
    ...section(5, list([1, ...unsigned(pages), ...unsigned(pages)])), // memory: of exactly so many pages
    ...section(7, list([...name('hash'), 0, 0], [...name('memory'), 2, 0])), // exports
    ...section(10, list(sized(whole))),
    ...section(11, list([0, ...i32.const(data.offset), 0x0b, ...sized(data.bytes)])),
  ]);
}

function sized(bytes) {
  return [...unsigned(bytes.length), ...bytes];
}
