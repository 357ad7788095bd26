// Keccak-256 as a WebAssembly module, by the steps of FIPS 202. The permutation's 25 lanes of 64 bits live in locals.
import { code, get, i32, i64, I32, I64, moduleOf, repeat, set, tee } from './wasm.mjs';

/** Where things lie in memory. */
export const DIGEST_AT = 0;
const CONSTANTS_AT = 512;
export const INPUT_AT = 1_024;
const PAGES = 1;
const BLOCK = 136; // bytes that are absorbed between two permutations: 1600 bits less twice 256
const ROUNDS = 24;

// Locals. The first is the parameter: how many blocks are left.
const BLOCKS = 0;
const INPUT = 1; // address of the block
const CONSTANT = 2; // address of the round's constant, less CONSTANTS_AT
const lane = (x, y) => 3 + (x % 5) + 5 * (y % 5);
const moved = (x, y) => 28 + (x % 5) + 5 * (y % 5);
const column = (x) => 53 + (x % 5);
const PARITY = 58;

const each = (count, instructions) => Array.from({ length: count }, (_, i) => instructions(i)).flat();
const eachLane = (instructions) => each(5, (y) => each(5, (x) => instructions(x, y)));

/** θ: each lane is changed by the parities of two columns beside it. ρ and π: it is rotated, and goes to another place. */
function thetaRhoPi() {
  const rotations = rotationOffsets();
  const parityOf = (x) =>
    code(
      get(lane(x, 0)),
      each(4, (y) => code(get(lane(x, y + 1)), i64.xor)),
      set(column(x)),
    );
  const move = (x) =>
    code(
      code(get(column(x + 4)), get(column(x + 1)), i64.rotl(1), i64.xor, set(PARITY)),
      each(5, (y) =>
        code(code(get(lane(x, y)), get(PARITY), i64.xor, i64.rotl(rotations[x][y])), set(moved(y, 2 * x + 3 * y))),
      ),
    );
  return code(each(5, parityOf), each(5, move));
}

/** χ: each lane is changed by the two after it in its row. */
function chi() {
  return eachLane((x, y) =>
    code(
      get(moved(x, y)),
      code(get(moved(x + 1, y)), i64.const(-1), i64.xor, get(moved(x + 2, y)), i64.and),
      code(i64.xor, set(lane(x, y))),
    ),
  );
}

/** ι: the first lane is changed by the round's constant. */
function iota() {
  return code(get(lane(0, 0)), get(CONSTANT), i64.load(CONSTANTS_AT), i64.xor, set(lane(0, 0)));
}

/** By how many bits ρ rotates the lane at x and y. */
function rotationOffsets() {
  const offsets = Array.from({ length: 5 }, () => [0, 0, 0, 0, 0]);
  for (let t = 0, x = 1, y = 0; t < 24; t++) {
    offsets[x][y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

/** The constants of ι, 8 bytes each: bits of a feedback shift register. */
function roundConstants() {
  let register = 1;
  const bit = () => {
    const value = register & 1;
    register <<= 1;
    if (register > 0xff) register ^= 0x171;
    return BigInt(value);
  };
  return each(ROUNDS, () => {
    const constant = new DataView(new ArrayBuffer(8));
    let value = 0n;
    for (let j = 0n; j < 7n; j++) value |= bit() << ((1n << j) - 1n);
    constant.setBigUint64(0, value, true);
    return [...new Uint8Array(constant.buffer)];
  });
}

/** The hash: absorbs so many blocks from INPUT_AT, which are padded already, and writes the digest to DIGEST_AT. */
function hash() {
  const absorbLane = (i) => {
    const to = lane(i, Math.floor(i / 5));
    return code(get(to), get(INPUT), i64.load(8 * i), i64.xor, set(to));
  };
  const permute = code(
    code(i32.const(0), set(CONSTANT)),
    repeat(
      thetaRhoPi(),
      chi(),
      iota(),
      code(get(CONSTANT), i32.const(8), i32.add, tee(CONSTANT)),
      code(i32.const(8 * ROUNDS), i32.ne),
    ),
  );
  return code(
    code(i32.const(INPUT_AT), set(INPUT)),
    repeat(
      each(BLOCK / 8, absorbLane),
      permute,
      code(get(INPUT), i32.const(BLOCK), i32.add, set(INPUT)),
      code(get(BLOCKS), i32.const(1), i32.sub, tee(BLOCKS)),
    ),
    each(4, (x) => code(i32.const(DIGEST_AT), get(lane(x, 0)), i64.store(8 * x))),
  );
}

/** The module's bytes. */
export function keccakModule() {
  return moduleOf({
    parameters: [I32],
    locals: [
      [2, I32],
      [56, I64],
    ],
    body: hash(),
    pages: PAGES,
    data: { offset: CONSTANTS_AT, bytes: roundConstants() },
  });
}
