import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The build, as a module path. A test holds its bytes to a hash. */
export const WASM_FILE = '@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.wasm';

const PAGE = 65_536;
const MEMORY = 256 * PAGE; // fixed by the build
const STATIC_DATA = 1_024; // where the build's constants go; they take 70 kB
const STACK = 16 * PAGE;
const HEAP = 128 * PAGE;

const SIGN_AND_VERIFY = 0x301;

/** A C function: pointers, lengths and flags are all numbers. */
export type CFunction = (...parameters: number[]) => number;

/** libsecp256k1, ready to compute. */
export interface Libsecp256k1 {
  /** A function of its C interface, named without `secp256k1_`. */
  readonly functionNamed: (name: string) => CFunction;
  /** Returns a pointer to fresh memory. */
  readonly allocate: (bytes: number) => number;
  /** The whole memory. It never grows, so the view stays good. */
  readonly memory: Uint8Array;
  /** The first parameter of nearly every function: a context for signing and verifying, blinded with fresh randomness. */
  readonly context: number;
}

/** The part of the WebAssembly interface that is used here; the ES library files do not describe it. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Table: new (limits: { element: 'anyfunc'; initial: number; maximum: number }) => object;
  Module: new (binary: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Record<string, CFunction> };
};

/**
 * Compiles and starts the WebAssembly build of libsecp256k1 that @bitauth/libauth brings. Synchronous, some 10 ms. The
 * package itself starts it asynchronously only, so its binary is addressed directly, and its version is exact.
 * @throws Error if the package is not there or holds another build.
 */
export function loadLibsecp256k1(): Libsecp256k1 {
  const { buffer, functionNamed } = instance();
  const memory = new Uint8Array(buffer);
  const allocate = functionNamed('malloc');
  const context = functionNamed('secp256k1_context_create')(SIGN_AND_VERIFY);
  const seed = allocate(32);
  memory.set(randomBytes(32), seed);
  functionNamed('secp256k1_context_randomize')(context, seed);
  memory.fill(0, seed, seed + 32);
  return { functionNamed: (name) => functionNamed(`secp256k1_${name}`), allocate, memory, context };
}

/** Starts the build in a memory laid out for it: constants, then the stack, then the heap. */
function instance() {
  const binary = readFileSync(createRequire(import.meta.url).resolve(WASM_FILE));
  const memory = new WebAssembly.Memory({ initial: MEMORY / PAGE, maximum: MEMORY / PAGE });
  const heapPointer = STACK - 16;
  new Uint32Array(memory.buffer)[heapPointer / 4] = HEAP;
  const env = {
    memory,
    memoryBase: STATIC_DATA,
    table: new WebAssembly.Table({ element: 'anyfunc', initial: 6, maximum: 6 }),
    tableBase: 0,
    DYNAMICTOP_PTR: heapPointer,
    STACKTOP: STACK,
    getTotalMemory: () => MEMORY,
    _emscripten_memcpy_big: (to: number, from: number, length: number) => {
      new Uint8Array(memory.buffer).copyWithin(to, from, from + length);
      return to;
    },
    ___setErrNo: (value: number) => value,
    abort,
    _abort: abort,
    enlargeMemory: abort,
    abortOnCannotGrowMemory: abort,
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env });
  const functionNamed = (name: string): CFunction => {
    const found = exports[`_${name}`];
    if (found === undefined) throw new Error(`this build of libsecp256k1 has no ${name}`);
    return found;
  };
  return { buffer: memory.buffer, functionNamed };
}

function abort(): never {
  throw new Error('libsecp256k1 was called in a way that it does not allow');
}
