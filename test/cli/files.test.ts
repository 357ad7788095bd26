import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { readInput, writePrivateFile } from '../../src/cli/files.js';

/** The calls of the file system that matter for durability, in their order. */
const calls: string[] = [];
let failingSync = false;

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof fs>();
  return {
    ...actual,
    async open(...args: Parameters<typeof fs.open>) {
      const handle = await actual.open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        if (failingSync) throw Object.assign(new Error('EIO'), { errno: -5, code: 'EIO' });
        calls.push('sync');
        await sync();
      };
      return handle;
    },
    async rename(...args: Parameters<typeof fs.rename>) {
      calls.push('rename');
      await actual.rename(...args);
    },
  };
});

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'files-'));
  file = join(dir, 'device.id');
  calls.length = 0;
  failingSync = false;
});
afterEach(() => rmSync(dir, { recursive: true }));

const NEW = new TextEncoder().encode('new');
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('writePrivateFile', () => {
  it('replaces a file and leaves temporary files of other programs alone', async () => {
    const theirs = [`${file}.tmp`, `${file}.${process.pid}.tmp`];
    for (const path of [file, ...theirs]) writeFileSync(path, 'theirs');
    await writePrivateFile(file, NEW, true);
    expect(readFileSync(file, 'utf8')).toBe('new');
    for (const path of theirs) expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(readdirSync(dir)).toHaveLength(3);
  });

  it('flushes the content to the disk before the rename, and the rename after it', async () => {
    await writePrivateFile(file, NEW, true);
    expect(calls).toEqual(['sync', 'rename', 'sync']);
  });

  it('flushes the content of a first file, too', async () => {
    await writePrivateFile(file, NEW, false);
    expect(calls[0]).toBe('sync');
    expect({ mode: modeOf(file), text: readFileSync(file, 'utf8') }).toEqual({ mode: 0o600, text: 'new' });
  });

  it.each([true, false])('leaves nothing behind where the write fails, replace: %s', async (replace) => {
    failingSync = true;
    await expect(writePrivateFile(file, NEW, replace)).rejects.toThrow(`cannot write ${file}: i/o error`);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('keeps the old file where the rename fails', async () => {
    mkdirSync(file);
    await expect(writePrivateFile(file, NEW, true)).rejects.toThrow(`${file} is not a regular file`);
    expect(readdirSync(dir)).toEqual(['device.id']);
  });

  it('replaces a link, not the file behind it', async () => {
    const target = join(dir, 'target');
    writeFileSync(target, 'theirs');
    symlinkSync(target, file);
    await writePrivateFile(file, NEW, true);
    expect([readFileSync(target, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['theirs', 'new']);
  });

  it('leaves an existing file alone unless it is to be replaced', async () => {
    writeFileSync(file, 'theirs');
    await expect(writePrivateFile(file, NEW, false)).rejects.toThrow(`${file} exists already; --force replaces it`);
    expect(readFileSync(file, 'utf8')).toBe('theirs');
  });
});

describe('readInput', () => {
  it('reads as many bytes as are allowed, and no more', async () => {
    writeFileSync(file, '12345');
    expect(new TextDecoder().decode(await readInput(file, 5))).toBe('12345');
    await expect(readInput(file, 4)).rejects.toThrow(`${file} is longer than 4 bytes`);
  });

  it.each([0o644, 0o640, 0o604, 0o660, 0o602])(
    'refuses a secret to which other users have access, mode %o',
    async (mode) => {
      writeFileSync(file, 'secret');
      chmodSync(file, mode);
      const complaint = `other users have access to ${file} (mode 0${mode.toString(8)}): run chmod 600, or give --allow-readable`;
      await expect(readInput(file, 100, { ownerOnly: true })).rejects.toThrow(complaint);
      expect(await readInput(file, 100)).toHaveLength(6);
    },
  );

  it.each([0o600, 0o400, 0o700])('accepts a secret of its owner alone, mode %o', async (mode) => {
    writeFileSync(file, 'secret');
    chmodSync(file, mode);
    expect(await readInput(file, 100, { ownerOnly: true })).toHaveLength(6);
    expect(existsSync(file)).toBe(true);
  });
});
