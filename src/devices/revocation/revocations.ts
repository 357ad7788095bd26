import { sha256 } from '../../crypto/hash.js';

/**
 * There is no room for another revocation: `bounds.revocations` are in use. `revoke` and the like reject with it.
 * @example
 * import { createDeviceRegistry, RevocationsFull } from 'grpc-wallet-auth/devices';
 *
 * const devices = await createDeviceRegistry({ bounds: { revocations: 100_000 } });
 * export const revoke = (deviceId: string) =>
 *   devices.revoke(deviceId).catch((error: unknown) => {
 *     if (error instanceof RevocationsFull) console.error('raise bounds.revocations');
 *     throw error;
 *   });
 */
export class RevocationsFull extends RangeError {
  override readonly name = 'RevocationsFull';
}

/** How many revocations there may be, of devices and wallets together. */
export interface RevocationBound {
  readonly max: number;
  readonly used: number;
  /** @throws RangeError if `max` are in use: none is ever dropped for a newer one. */
  take(): void;
}

/** A bound that a set of devices and the epochs of wallets can share. */
export function createRevocationBound(max: number): RevocationBound {
  let used = 0;
  return {
    max,
    get used() {
      return used;
    },
    take() {
      if (used >= max)
        throw new RevocationsFull(`bounds.revocations: ${max} devices and wallets are revoked, and none is dropped`);
      used++;
    },
  };
}

/** Devices that are revoked by id. It only grows, and holds hashes: an id can be looked up, not listed. */
export interface RevocationSet {
  readonly size: number;
  /** Memory of the table. */
  readonly bytes: number;
  has(deviceId: string): boolean;
  /** The same by `revocationKey`. */
  hasKey(key: Uint8Array): boolean;
  /** @returns whether it was not in yet. @throws RangeError if it was not, and the bound is reached. */
  add(deviceId: string): boolean;
  /** The same by `revocationKey`. @throws TypeError unless it has 16 bytes. */
  addKey(key: Uint8Array): boolean;
  /** The keys of all, in no order; each a copy. */
  keys(): IterableIterator<Uint8Array>;
}

/** 32-bit words of a key. */
const WORDS = 4;
const KEY_BYTES = 4 * WORDS;
/** The set is made of so many tables, as a power of two: each doubles by itself, so no call waits for a million keys. */
const PART_BITS = 6;
/** Places of a new table. */
const FEW = 16;

const utf8 = new TextEncoder();

/**
 * By what a device is revoked where its id is not kept: 16 bytes of SHA-256 of the whole id, as anybody may certify the key of
 * somebody else. For stores of devices.
 * @example
 * import { revocationKey } from 'grpc-wallet-auth/devices';
 *
 * const key = revocationKey('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266/00000000000000000000000000000001');
 * console.log(key.length); // 16
 */
export function revocationKey(deviceId: string): Uint8Array {
  return sha256(utf8.encode(deviceId)).subarray(0, KEY_BYTES);
}

/**
 * Makes an empty set. It has two to four places for each key, 16 bytes a place: 32 MiB for a million.
 * @param bound how many there may be.
 * @param seed four numbers that choose the places. Random, so that nobody can make ids that share one.
 */
export function createRevocationSet(bound: RevocationBound | number, seed = randomSeed()): RevocationSet {
  const room = typeof bound === 'number' ? createRevocationBound(bound) : bound;
  const parts = Array.from({ length: 2 ** PART_BITS }, () => new Part(seed));
  // the key at hand: bytes go in, words come out
  const key = new Uint32Array(WORDS);
  const keyBytes = new Uint8Array(key.buffer);
  let size = 0;

  /** The table of a key, which becomes the key at hand. */
  function partOf(bytes: Uint8Array): Part | undefined {
    keyBytes.set(bytes);
    if (key[0] === 0) key[0] = 1; // a place that begins with zero is empty
    return parts[sumOf(key, 0, seed) >>> (32 - PART_BITS)];
  }

  function add(bytes: Uint8Array): boolean {
    const part = partOf(bytes);
    if (part === undefined || part.has(key)) return false;
    room.take();
    part.add(key);
    size++;
    return true;
  }

  return Object.freeze({
    get size() {
      return size;
    },
    get bytes() {
      return parts.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    has: (deviceId: string) => partOf(revocationKey(deviceId))?.has(key) === true,
    hasKey: (bytes: Uint8Array) => partOf(bytes)?.has(key) === true,
    add: (deviceId: string) => add(revocationKey(deviceId)),
    addKey(bytes: Uint8Array) {
      if (bytes.length !== KEY_BYTES) throw new TypeError(`a revocation key has ${KEY_BYTES} bytes`);
      return add(bytes);
    },
    *keys() {
      for (const part of parts) yield* part.keys();
    },
  });
}

/** A table with open addressing, at most half full. */
class Part {
  readonly #seed: Uint32Array;
  #table = new Uint32Array(FEW * WORDS);
  #size = 0;

  constructor(seed: Uint32Array) {
    this.#seed = seed;
  }

  get bytes(): number {
    return this.#table.byteLength;
  }

  has(key: Uint32Array): boolean {
    const table = this.#table;
    let at = this.#homeOf(key, 0);
    while (table[at] !== 0) {
      if (table[at] === key[0] && table[at + 1] === key[1] && table[at + 2] === key[2] && table[at + 3] === key[3])
        return true;
      at = (at + WORDS) & (table.length - 1);
    }
    return false;
  }

  /** Puts in a key that is not in yet. */
  add(key: Uint32Array): void {
    this.#size++;
    if (2 * this.#size * WORDS > this.#table.length) this.#double();
    this.#put(key, 0);
  }

  *keys(): IterableIterator<Uint8Array> {
    const table = this.#table;
    for (let at = 0; at < table.length; at += WORDS) {
      if (table[at] !== 0) yield new Uint8Array(table.buffer, 4 * at, KEY_BYTES).slice();
    }
  }

  #double(): void {
    const old = this.#table;
    this.#table = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at] !== 0) this.#put(old, at);
    }
  }

  #put(words: Uint32Array, from: number): void {
    const table = this.#table;
    let at = this.#homeOf(words, from);
    while (table[at] !== 0) at = (at + WORDS) & (table.length - 1);
    for (let i = 0; i < WORDS; i++) table[at + i] = words[from + i] ?? 0;
  }

  /** Where to begin to look: by the bits of the sum after those that chose the table. */
  #homeOf(words: Uint32Array, from: number): number {
    const places = this.#table.length / WORDS;
    return ((sumOf(words, from, this.#seed) << PART_BITS) >>> (Math.clz32(places) + 1)) * WORDS;
  }
}

/**
 * What chooses the place of the key at an index. Ids can be made until some bits of their keys are alike, so each word
 * counts with a secret factor, and only the top bits are used, which depend on all bits of all words.
 */
function sumOf(words: Uint32Array, from: number, seed: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < WORDS; i++) sum = (sum + Math.imul(words[from + i] ?? 0, seed[i] ?? 0)) | 0;
  return sum;
}

/** Odd factors, as even ones would leave bits out. */
function randomSeed(): Uint32Array {
  const seed = new Uint32Array(WORDS);
  const random = globalThis.crypto as typeof globalThis.crypto | undefined;
  if (random) random.getRandomValues(seed);
  else seed.forEach((_, i) => (seed[i] = Math.random() * 2 ** 32));
  return seed.map((factor) => factor | 1);
}
