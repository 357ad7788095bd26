import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { ClassicLevel } from 'classic-level';
import { describe, expect, it } from 'vitest';

import { ALICE, byId, HOUR_MS, idOf, inFolder, makeFolder, makeHome, outcome } from './folder.js';

/** Opens a folder as another process does, and says what came of it. */
async function openElsewhere(path: string): Promise<string> {
  const script = `
    const { ClassicLevel } = require('classic-level');
    new ClassicLevel(process.argv[1]).open().then(() => console.log('opened'), ({ cause }) => console.log(cause.code));`;
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) return line;
  return 'nothing';
}

/** Writes something under a key in a folder whose store is closed. */
const spoil = (path: string, key: string, text: string) => inFolder(path, (database) => database.put(key, text));

describe('a second open of a folder', () => {
  it('in this process rejects with its name, under each of its names, and opens no way for others', async () => {
    const { open, path } = makeHome();
    const { store } = await open();
    const link = `${path}-link`;
    symlinkSync(path, link);
    for (const name of [path, `${path}/`, join(dirname(path), '.', basename(path)), link]) {
      await expect(makeHome(name).open()).rejects.toThrow(`${name} is open already, in this process`);
    }
    expect(await openElsewhere(path)).toBe('LEVEL_LOCKED');
    await store.close();
    await (await open()).store.close();
  });

  it('in another process rejects with its name', async () => {
    const { open, path } = makeHome();
    await (await open()).store.close();
    await inFolder(path, async () => {
      // LevelDB's lock is held, and not by a store of this process
      await expect(open()).rejects.toThrow(`${path} is open already, in another process`);
    });
    await (await open()).store.close();
  });
});

describe('a folder', () => {
  it('is made for its owner alone', async () => {
    const { open, path } = makeHome();
    await open();
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('with other files in it is left alone', async () => {
    const { open, path } = makeHome();
    mkdirSync(path);
    writeFileSync(join(path, 'notes.txt'), '');
    await expect(open()).rejects.toThrow(`${path} is no folder of levelDevices`);
    expect(readdirSync(path)).toEqual(['notes.txt']);
  });

  it('that has lost its file CURRENT is no new one', async () => {
    const { open, path } = makeHome();
    const { store } = await open();
    await store.revoke([byId(1)]);
    await store.close();
    const { rmSync } = await import('node:fs');
    rmSync(join(path, 'CURRENT'));
    await expect(open()).rejects.toThrow(`${path} is no folder of levelDevices`);
  });

  it('whose making was cut off is made again', async () => {
    const { open, path } = makeHome();
    mkdirSync(path);
    for (const name of ['LOCK', 'LOG', 'MANIFEST-000001']) writeFileSync(join(path, name), '');
    await (await open()).store.close();
  });

  it('with a database of something else in it is left alone', async () => {
    const { open, path } = makeHome();
    const other = new ClassicLevel(path);
    await other.put('a', 'b');
    await other.close();
    await expect(open()).rejects.toThrow(`${path}: it has something else in it`);
    expect(await inFolder(path, (database) => database.keys().all())).toEqual(['a']);
  });

  it('that is a file, or cannot be made, is named', async () => {
    const file = makeFolder();
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')])
      await expect(makeHome(path).open()).rejects.toThrow(`${path} cannot be opened`);
  });
});

describe('what cannot be read', () => {
  it.each([
    ['a revocation with another value', 'r!', '00000000 0'],
    ['a revocation with no value', 'r!', ''],
    ['a wallet’s time with another value', 'e!', '{"atMs":1}'],
  ])('%s stops the start, which names it and the folder', async (_, prefix, text) => {
    const { open, path, sighting } = makeHome();
    const { store } = await open();
    await store.enter(sighting(1));
    await store.revoke([byId(1)]);
    await store.revokeWallet(ALICE, undefined);
    await store.close();
    const [key = ''] = (await inFolder(path, (database) => database.keys().all())).filter((each) =>
      each.startsWith(prefix),
    );
    await spoil(path, key, text);
    for (let i = 0; i < 2; i++) await expect(open()).rejects.toThrow(`${path}: ${key} cannot be read`);
  });

  it.each(['r!short', `r!${'A'.repeat(21)}B`, `r!${'A'.repeat(44)}`])(
    'a revocation under the key %s stops the start',
    async (key) => {
      const { open, path } = makeHome();
      const { store } = await open();
      await store.revoke([byId(1)]);
      await store.close();
      const text = await inFolder(path, async (database) => {
        const [entry] = await database.iterator({ gte: 'r!', lt: 'r"' }).all();
        return entry![1];
      });
      await spoil(path, key, text); // as it would be if some bits of a key had changed
      await expect(open()).rejects.toThrow(`${path}: ${key} cannot be read`);
    },
  );

  it('a row is reported once with its key and folder, passed over, and makes room for a new one', async () => {
    const { open, path, sighting } = makeHome();
    const first = await open();
    for (const name of [1, 2]) await first.store.enter(sighting(name));
    await first.store.close();
    await spoil(path, `d!${idOf(1)}`, 'nonsense');
    const { store, errors } = await open({ devices: 2 });
    expect(errors).toEqual([]); // no row is read by the start
    expect(await store.read([idOf(1), idOf(2)])).toEqual([undefined, expect.objectContaining({ deviceId: idOf(2) })]);
    expect(await store.list(ALICE)).toHaveLength(1);
    expect(await store.edit(idOf(1), { label: 'x' })).toBe(false);
    await store.renew([sighting(1)]);
    expect(errors).toEqual([`${path}: d!${idOf(1)} cannot be read`]);
    expect(await outcome(store, sighting(3))).toBe('full'); // it counts until it is gone
    await store.close();
    const next = await open({ devices: 3 });
    expect(await outcome(next.store, sighting(1))).toBe('new');
    expect(await outcome(next.store, sighting(3))).toBe('new');
    expect(await outcome(next.store, sighting(4))).toBe('full');
    expect(await next.store.list(ALICE)).toHaveLength(3);
  });

  it('a row with a good checksum under the key of another device is not that device', async () => {
    const { open, path, sighting } = makeHome();
    const first = await open();
    for (const name of [1, 2]) await first.store.enter(sighting(name));
    await first.store.close();
    await inFolder(path, async (database) => database.put(`d!${idOf(1)}`, (await database.get(`d!${idOf(2)}`)) ?? ''));
    const { store, errors } = await open();
    expect(await store.read([idOf(1)])).toEqual([undefined]);
    expect(errors).toHaveLength(1);
  });

  it('a row is purged when its time has come, and by erase', async () => {
    for (const how of ['purge', 'erase'] as const) {
      const { clock, open, path, sighting } = makeHome();
      const first = await open();
      await first.store.enter(sighting(1));
      await first.store.close();
      await spoil(path, `d!${idOf(1)}`, 'nonsense');
      const { store } = await open({ devices: 1 });
      clock.advance(3 * HOUR_MS);
      expect(how === 'purge' ? await store.purge(10) : await store.erase(ALICE)).toEqual([]);
      expect(await outcome(store, sighting(2))).toBe('new');
      await store.close();
      expect(await inFolder(path, (database) => database.get(`d!${idOf(1)}`))).toBeUndefined();
    }
  });

  it('a clean-up or a floor is reported and passed over; a number of rows is counted anew', async () => {
    const { open, path, sighting } = makeHome();
    const first = await open({ cleansUp: true });
    for (const name of [1, 2, 3]) await first.store.enter(sighting(name));
    for (const name of [1, 2]) await first.store.remove(idOf(name));
    await first.store.close();
    const keys = await inFolder(path, (database) => database.keys().all());
    const floor = keys.find((key) => key.startsWith('f!')) ?? '';
    for (const key of [`c!${idOf(1)}`, floor, 'm!rows']) await spoil(path, key, '');
    const { store, errors } = await open({ cleansUp: true, devices: 3 });
    expect(errors.toSorted()).toEqual(
      [`c!${idOf(1)}`, floor, 'm!rows'].map((key) => `${path}: ${key} cannot be read`).toSorted(),
    );
    expect(await store.backlog()).toMatchObject({ pending: 1 });
    expect(await outcome(store, sighting(4))).toBe('new');
    expect(await outcome(store, sighting(5))).toBe('new');
    expect(await outcome(store, sighting(6))).toBe('full');
  });

  it('what the store says of itself stops the start, as does another layout', async () => {
    const { open, path } = makeHome();
    await (await open()).store.close();
    await spoil(path, 'm!store', 'x');
    await expect(open()).rejects.toThrow(`${path}: m!store cannot be read`);
    const { sealed } = await import('../../src/level/values.js');
    await spoil(path, 'm!store', sealed('m!store', { version: 2, seed: 1, cleansUp: false }));
    await expect(open()).rejects.toThrow(`${path}: it was written by another version (layout 2)`);
  });

  it('is a process warning without onError', async () => {
    const { open, path, sighting } = makeHome();
    const first = await open();
    await first.store.enter(sighting(1));
    await first.store.close();
    await spoil(path, `d!${idOf(1)}`, 'nonsense');
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const { store } = await open({}, { onError: undefined });
    await store.list(ALICE);
    expect((await warned).message).toBe(`${path}: d!${idOf(1)} cannot be read`);
  });
});
