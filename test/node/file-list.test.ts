import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { fileList, type FileList, type FileListOptions } from '../../src/node/file-list.js';
import { testWallets } from '../../src/testing/test-wallets.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;

let folder: string;
let path: string;
let list: FileList | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'list-'));
  path = join(folder, 'denied.txt');
  writeFileSync(path, `${alice}\n`);
});
afterEach(() => {
  list?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A list with what it reported, and a way to wait for that. */
function followed(options: FileListOptions = {}) {
  const reported: (number | string)[] = [];
  list = fileList(path, {
    pollMs: 10,
    stillMs: 20,
    onChange: (size) => reported.push(size),
    onError: ({ message }) => reported.push(message.replace(folder, '')),
    ...options,
  });
  return {
    list,
    reported,
    reports: (...expected: (number | string)[]) => vi.waitFor(() => expect(reported).toEqual(expected)),
  };
}

/** Lets the event loop turn; its reads of files end in between. */
async function turnsOfTheLoop(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a file list', () => {
  it('holds one entry a line; comments and blanks do not count', () => {
    writeFileSync(path, `# denied\n\n  ${alice}  # spam\r\n10.0.0.0/8\n#${bob}\n\t\n`);
    const { list: read } = followed();
    expect(read.size).toBe(2);
    expect([{ wallet: alice }, { wallet: bob }, { address: '10.1.1.1' }].map((who) => read.has(who))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('takes an edit in place', async () => {
    const { list: read, reports } = followed();
    appendFileSync(path, `${bob}\n`);
    await reports(2);
    expect(read.has({ wallet: bob })).toBe(true);
  });

  it('takes another file that is renamed over it', async () => {
    const { list: read, reports } = followed();
    writeFileSync(`${path}.new`, bob);
    renameSync(`${path}.new`, path);
    await reports(1);
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([false, true]);
  });

  it('takes an edit of thousands of lines', async () => {
    const { list: read, reports } = followed();
    const wallets = Array.from({ length: 3_000 }, (_, i) => `0x${i.toString(16).padStart(40, '0')}`);
    writeFileSync(path, wallets.join('\n'));
    await reports(3_000);
    expect(read.has({ wallet: wallets[9] })).toBe(true);
    expect(read.has({ wallet: alice })).toBe(false);
  });

  it('stays as it was when an edit is broken, reports it once, and goes on with the next', async () => {
    const { list: read, reports } = followed();
    writeFileSync(path, `${bob}\n\n0x12 # what?\n`);
    const complaint = 'fileList: /denied.txt:3: "0x12" is no wallet address, device id, IP address or CIDR range';
    await reports(complaint);
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([true, false]);
    writeFileSync(path, `${bob}\n`);
    await reports(complaint, 1);
    expect([alice, bob].map((wallet) => read.has({ wallet }))).toEqual([false, true]);
  });

  it('stays as it was when the file is emptied or gone', async () => {
    const { list: read, reports } = followed();
    writeFileSync(path, '');
    await reports('fileList: /denied.txt is empty; an empty list has a comment in it');
    rmSync(path);
    await reports(
      'fileList: /denied.txt is empty; an empty list has a comment in it',
      'fileList: cannot read /denied.txt',
    );
    expect(read.has({ wallet: alice })).toBe(true);
    writeFileSync(path, '# nobody\n');
    await vi.waitFor(() => expect(read.size).toBe(0));
  });

  it.each(['\n', ' \n\t\r\n', '\ufeff\n'])('stays as it was when the file became blank: %j', async (text) => {
    const { list: read, reports } = followed();
    writeFileSync(path, text);
    await reports('fileList: /denied.txt is empty; an empty list has a comment in it');
    expect(read.has({ wallet: alice })).toBe(true);
    writeFileSync(path, '\n# empty\n');
    await vi.waitFor(() => expect(read.size).toBe(0));
  });

  it('is read only once the file has been still for a moment: the first half of a slow writer is not taken', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    try {
      const { list: read, reported } = followed({ stillMs: 500 });
      writeFileSync(path, `${alice}\n`);
      for (const part of ['8.0.', '0.0/1', '6\n', `${bob}\n`]) {
        appendFileSync(path, part);
        await vi.advanceTimersByTimeAsync(490);
        await turnsOfTheLoop(20);
        expect(read.size).toBe(1);
      }
      await vi.waitFor(() => expect(read.size).toBe(3), { interval: 20 });
      expect([{ address: '8.0.1.1' }, { address: '8.1.0.0' }].map((who) => read.has(who))).toEqual([true, false]);
      expect(reported).toEqual([3]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes all of a long edit at once', async () => {
    const { list: read, reported } = followed();
    const wallets = Array.from({ length: 20_000 }, (_, i) => `0x${i.toString(16).padStart(40, '0')}`);
    writeFileSync(path, wallets.join('\n'));
    const sizes = new Set<number>();
    while (reported.length === 0) {
      await turnsOfTheLoop(1);
      sizes.add(read.size);
    }
    expect(reported).toEqual([20_000]);
    expect([...sizes]).toEqual([1, 20_000]);
  });

  it('reads on when a broken edit is undone, though nothing changed', async () => {
    const { reports } = followed();
    writeFileSync(path, 'nonsense');
    await reports('fileList: /denied.txt:1: "nonsense" is no wallet address, device id, IP address or CIDR range');
    writeFileSync(path, `${alice}\n`);
    await vi.waitFor(() => expect(list?.size).toBe(1));
  });

  it('lives on when its hooks throw or reject', async () => {
    const onChange = vi.fn<() => unknown>(async () => {
      throw new Error('mine');
    });
    const onError = vi.fn<() => void>(() => {
      throw new Error('mine');
    });
    const { list: read } = followed({ onChange, onError });
    writeFileSync(path, 'nonsense');
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce());
    writeFileSync(path, bob);
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledOnce());
    expect(read.has({ wallet: bob })).toBe(true);
  });

  it('warns without onError', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    followed({ onError: undefined });
    writeFileSync(path, 'nonsense');
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
    warn.mockRestore();
  });

  it('follows nothing once it is closed', async () => {
    const { list: read } = followed();
    read.close();
    writeFileSync(path, bob);
    const { reports } = followed();
    appendFileSync(path, `\n${alice}`);
    await reports(2);
    expect(read.has({ wallet: bob })).toBe(false);
  });
});

describe('at construction', () => {
  it.each([
    ['0x12', /^fileList: .*denied\.txt:1: "0x12" is no wallet/],
    ['', /^fileList: .*denied\.txt is empty/],
  ])('a file of %j is a TypeError', (text, message) => {
    writeFileSync(path, text);
    expect(() => fileList(path)).toThrow(TypeError);
    expect(() => fileList(path)).toThrow(message);
  });

  it('a missing file is a TypeError', () => {
    expect(() => fileList(`${path}.not`)).toThrow(/^fileList: cannot read .*\.not$/);
  });

  it.each([
    ['path', null, {}],
    ['path', '', {}],
    ['pollMs', undefined, { pollMs: 5 }],
    ['pollMs', undefined, { pollMs: null }],
    ['stillMs', undefined, { stillMs: 5 }],
    ['stillMs', undefined, { stillMs: 60_001 }],
    ['onChange', undefined, { onChange: null }],
    ['onError', undefined, { onError: 'log' }],
    ['unknown option "poll"', undefined, { poll: 5 }],
  ])('%s is checked: %j %j', (name, file, options) => {
    expect(() => fileList(file === undefined ? path : (file as string), options as FileListOptions)).toThrow(
      new RegExp(`^(fileList: )?${name}`),
    );
  });
});
