import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { keccak256 as ethersKeccak256 } from 'ethers';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { keccak256, type Keccak256 } from '../../src/crypto/hash.js';
import { fastestKeccak, provenOr } from '../../src/keccak/fastest-keccak.js';
import { fastestKeccak as portableKeccak } from '../../src/keccak/portable-keccak.js';
import { wasmKeccak } from '../../src/keccak/wasm-keccak.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const never: Keccak256 = () => {
  throw new Error('was called');
};

/** The longest message that its memory holds, with one byte of padding. */
const LONGEST = 64_463;

describe('the WebAssembly', () => {
  it('is what noble computes, for every length to 600, with bits set everywhere', () => {
    const hash = wasmKeccak(never);
    for (let length = 0; length <= 600; length++) {
      for (const message of [new Uint8Array(length).fill(0xff), randomBytes(length)])
        expect([length, hex(hash(message))]).toEqual([length, hex(keccak256(message))]);
    }
  });

  it('is what noble computes, for random longer messages and the longest', () => {
    const hash = wasmKeccak(never);
    const lengths = Array.from({ length: 50 }, () => 601 + Math.floor(Math.random() * 20_000));
    for (const length of [...lengths, LONGEST - 1, LONGEST]) {
      const message = randomBytes(length);
      expect([length, hex(hash(message))]).toEqual([length, hex(keccak256(message))]);
    }
  });

  it('leaves what its memory does not hold to another', () => {
    const answer = new Uint8Array(32);
    const hash = wasmKeccak(() => answer);
    expect(hash(new Uint8Array(LONGEST + 1))).toBe(answer);
    expect(hash(new Uint8Array(1_000_000))).toBe(answer);
    expect(hash(new Uint8Array(LONGEST))).not.toBe(answer);
  });

  it('keeps nothing of a longer message before, and returns fresh bytes', () => {
    const hash = wasmKeccak(never);
    const empty = hash(new Uint8Array());
    const before = hex(empty);
    hash(new Uint8Array(1_000).fill(0xff));
    expect(hex(hash(new Uint8Array()))).toBe(before);
    expect(hex(empty)).toBe(before);
    empty.fill(0);
    expect(hex(hash(new Uint8Array()))).toBe(before);
  });

  it('reads a message that is part of a larger buffer', () => {
    const larger = randomBytes(300);
    const part = larger.subarray(100, 220);
    expect(`0x${hex(wasmKeccak(never)(part))}`).toBe(ethersKeccak256(part));
  });
});

describe('fastestKeccak', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('is the WebAssembly here, the same function each time', () => {
    expect(fastestKeccak()).toBe(fastestKeccak());
    expect(fastestKeccak()).not.toBe(keccak256);
    expect(hex(fastestKeccak()(new Uint8Array()))).toBe(hex(keccak256(new Uint8Array())));
  });

  it('hashes what the WebAssembly cannot hold with noble', () => {
    const message = randomBytes(LONGEST + 1);
    expect(hex(fastestKeccak()(message))).toBe(hex(keccak256(message)));
  });

  it('is noble where there is no WebAssembly', async () => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', undefined);
    const fresh = await import('../../src/keccak/fastest-keccak.js');
    const { keccak256: noble } = await import('../../src/crypto/hash.js');
    expect(fresh.fastestKeccak()).toBe(noble);
  });

  it('is noble where Node is not, such as at the edge', () => {
    expect(portableKeccak()).toBe(keccak256);
  });
});

describe('the self-test at load', () => {
  const right: Keccak256 = (message) => keccak256(message);

  it('takes a hash that is right', () => {
    expect(provenOr(keccak256, () => right)).toBe(right);
  });

  it.each<[string, Keccak256]>([
    ['is wrong in one bit of one byte', (message) => keccak256(message).map((byte, i) => (i === 31 ? byte ^ 1 : byte))],
    ['is too short', (message) => keccak256(message).subarray(1)],
    ['is wrong for nothing', (message) => keccak256(message.length === 0 ? Uint8Array.of(0) : message)],
    ['is wrong where a block ends', (message) => keccak256(message.length === 136 ? message.subarray(1) : message)],
    ['is wrong above one block', (message) => keccak256(message.subarray(0, 136))],
    ['always says the same', () => keccak256(new Uint8Array())],
    ['throws', never],
    ['returns nothing', () => undefined as unknown as Uint8Array],
  ])('takes noble instead of one that %s', (_, wrong) => {
    expect(provenOr(keccak256, () => wrong)).toBe(keccak256);
  });

  it('takes noble instead of one that does not load', () => {
    expect(provenOr(keccak256, () => never(new Uint8Array()) as unknown as Keccak256)).toBe(keccak256);
  });
});

describe.each(['src/index.ts', 'src/client/index.ts'])('%s', (entry) => {
  it('reaches no keccak but noble', async () => {
    const { metafile } = await build({
      entryPoints: [`${root}${entry}`],
      absWorkingDir: root,
      bundle: true,
      format: 'esm',
      write: false,
      metafile: true,
      logLevel: 'error',
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain('src/crypto/hash.ts');
    expect(inputs.filter((path) => path.startsWith('src/keccak'))).toEqual([]);
  });
});
