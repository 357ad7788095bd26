/** A whole number from 0 to one less than the limit. */
export type Numbers = (limit: number) => number;

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): Numbers {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Changes of a token's bytes that know nothing of what they mean. */
const BYTE_CHANGES: readonly ((bytes: Buffer, numbers: Numbers) => Uint8Array)[] = [
  (bytes) => bytes,
  (bytes, numbers) => {
    bytes[numbers(bytes.length)]! ^= 1 << numbers(8);
    return bytes;
  },
  (bytes, numbers) => {
    bytes[numbers(bytes.length)] = numbers(256);
    return bytes;
  },
  (bytes, numbers) => bytes.subarray(0, numbers(bytes.length)),
  (bytes, numbers) => {
    const [from, to] = [numbers(bytes.length), numbers(bytes.length)];
    bytes.copy(bytes, to, from, from + numbers(70));
    return bytes;
  },
  (bytes, numbers) => {
    const at = numbers(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([numbers(256)]), bytes.subarray(at)]);
  },
  (bytes, numbers) => {
    const at = numbers(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + numbers(4))]);
  },
  (bytes, numbers) => Buffer.concat([bytes, Buffer.from([0x7a, numbers(6), ...bytes.subarray(0, numbers(6))])]),
];

/** Ways to write the text of a token, right and wrong. */
const TEXTS: readonly ((bytes: Uint8Array, numbers: Numbers) => string)[] = [
  (bytes) => Buffer.from(bytes).toString('base64'),
  (bytes) => Buffer.from(bytes).toString('base64'),
  (bytes) => Buffer.from(bytes).toString('base64'),
  (bytes) => Buffer.from(bytes).toString('base64url'),
  (bytes) => Buffer.from(bytes).toString('base64').replace(/=+$/, ''),
  (bytes, numbers) => {
    const text = Buffer.from(bytes).toString('base64');
    const at = numbers(text.length + 1);
    return text.slice(0, at) + 'A+/-_=, \n\0\u00e9\u2028z9'[numbers(14)] + text.slice(at + numbers(2));
  },
  (bytes, numbers) => Buffer.from(bytes).toString('base64') + '=A+-'.repeat(2).slice(numbers(4), 4 + numbers(4)),
];

/** An `authorization` value: a good token with up to two changes of its bytes, in any of the forms that a text can have. */
export function mutatedHeader(good: readonly Uint8Array[], numbers: Numbers): string {
  let bytes: Uint8Array = good[numbers(good.length)]!;
  for (let changes = numbers(3); changes > 0 && bytes.length > 0; changes--)
    bytes = BYTE_CHANGES[numbers(BYTE_CHANGES.length)]!(Buffer.from(bytes), numbers);
  return `Bearer ${TEXTS[numbers(TEXTS.length)]!(bytes, numbers)}${' '.repeat(numbers(4) === 0 ? 3 : 0)}`;
}
