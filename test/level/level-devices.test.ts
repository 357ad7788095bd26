import { readdirSync, readFileSync } from 'node:fs';

import { ClassicLevel } from 'classic-level';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { createDeviceRegistry } from '../../src/devices/create-device-registry.js';
import { RevocationsFull } from '../../src/devices/revocation/revocations.js';
import { levelDevices } from '../../src/level/level-devices.js';
import { NodeCopy } from '../../src/testing/device-store/node-copy.js';
import { ALICE, byId, HOUR_MS, idOf, inFolder, makeFolder, makeHome, outcome, usual } from './folder.js';

describe('levelDevices', () => {
  it.each([[''], [undefined], [5]])('refuses %j as a folder', (path) => {
    expect(() => levelDevices(path as string)).toThrow(TypeError);
  });

  it.each([{ sync: true }, { onError: 'x' }])('refuses the options %j', (options) => {
    expect(() => levelDevices('x', options as object)).toThrow(TypeError);
  });

  it('keeps a registry over restarts: devices, labels, revocations', async () => {
    const path = makeFolder();
    const first = await createDeviceRegistry({ store: levelDevices(path) });
    await first.revoke(idOf(1));
    await first.revokeWallet(ALICE);
    await first.close();
    const second = await createDeviceRegistry({ store: levelDevices(path) });
    expect(second.isRevoked(idOf(1))).toBe(true);
    expect(second.health()).toMatchObject({ revocations: 1, revokedWallets: 1 });
    await second.close();
  });
});

describe('a restart', () => {
  it('leaves rows as they were', async () => {
    const { open, sighting } = makeHome();
    const { store } = await open();
    await store.enter(sighting(1, { address: '192.0.2.1', certifiedAtMs: undefined }));
    await store.enter(sighting(2));
    await store.edit(idOf(1), { label: 'Küche ☕\ud83d', isConfirmed: true });
    await store.renew([{ ...sighting(2), expiresAtMs: Infinity, issuedAtMs: -Infinity }]);
    const rows = await store.list(ALICE);
    expect(rows).toHaveLength(2);
    await store.close();
    const again = await open();
    expect(await again.store.read([idOf(1)])).toEqual([rows[0]]);
    expect(await again.store.list(ALICE)).toEqual([rows[0], { ...rows[1], expiresAtMs: Number.MAX_SAFE_INTEGER }]);
    expect(again.errors).toEqual([]);
  });

  it('leaves all that is revoked: by id, by key, by wallet, with its survivor', async () => {
    const { open, sighting } = makeHome();
    const { store, copy } = await open();
    for (const name of [1, 2, 3]) await store.enter(sighting(name));
    await store.revoke([byId(1), byId(9)]);
    await store.revokeWallet(ALICE, idOf(2));
    await store.close();
    const again = await open();
    expect(again.copy.content()).toEqual(copy.content());
    for (const name of [1, 3, 4, 9]) expect(await outcome(again.store, sighting(name))).toBe('revoked');
    expect(await outcome(again.store, sighting(2))).toBe('known');
  });

  it('leaves no row at an earlier time than one before it, though the clock was put back', async () => {
    const { clock, open, sighting } = makeHome();
    let lastMs = -Infinity;
    for (let life = 0; life < 4; life++) {
      const { store } = await open();
      const entered = await store.enter(sighting(1));
      const firstSeenMs = entered instanceof Object ? entered.row.firstSeenMs : NaN;
      expect(firstSeenMs).toBeGreaterThan(lastMs);
      lastMs = firstSeenMs;
      await store.remove(idOf(1));
      await store.close();
      clock.advance(-HOUR_MS);
    }
  });

  it('leaves rows later than the time of a wallet, and times later than that', async () => {
    const { clock, open, sighting } = makeHome();
    const first = await open();
    await first.store.revokeWallet(ALICE, undefined);
    const { atMs = NaN } = first.copy.epochOf(ALICE) ?? {};
    await first.store.close();
    clock.advance(-10_000);
    const second = await open();
    const entered = await second.store.enter(sighting(1, { certifiedAtMs: atMs + 1 }));
    expect(entered).toMatchObject({ row: { firstSeenMs: atMs + 1 } });
    await second.store.close();
    clock.advance(-10_000);
    const third = await open();
    await third.store.revokeWallet(ALICE, undefined);
    expect(third.copy.epochOf(ALICE)?.atMs).toBeGreaterThan(atMs);
    expect(await third.store.list(ALICE)).toEqual([]);
  });

  it('leaves clean-ups that are not done, to be claimed at once, and makes claims of the process before void', async () => {
    const { clock, open, sighting } = makeHome();
    const first = await open({ cleansUp: true });
    const incarnations: number[] = [];
    for (const name of [1, 2]) {
      const entered = await first.store.enter(sighting(name));
      incarnations.push(entered instanceof Object ? entered.row.firstSeenMs : NaN);
      clock.advance(1_000);
      await first.store.remove(idOf(name));
    }
    const lost = await first.store.claim(10, HOUR_MS);
    await first.store.close();
    clock.advance(-HOUR_MS); // whatever the clock says
    const second = await open({ cleansUp: true });
    expect(await second.store.backlog()).toMatchObject({ pending: 2 });
    expect(await outcome(second.store, sighting(1))).toBe('cleaning');
    const good = await second.store.claim(10, HOUR_MS);
    const about = { wallet: ALICE, cause: 'purged', attempt: 2 };
    expect(good.toSorted((a, b) => a.incarnation - b.incarnation)).toEqual([
      expect.objectContaining({ ...about, deviceId: idOf(1), incarnation: incarnations[0] }),
      expect.objectContaining({ ...about, deviceId: idOf(2), incarnation: incarnations[1] }),
    ]);
    for (const claim of lost) expect(await second.store.finish(claim)).toBe(false);
    for (const claim of good) expect(await second.store.finish(claim)).toBe(true);
    expect(await outcome(second.store, sighting(1))).toBe('new');
    await second.store.close();
    expect(await (await open({ cleansUp: true })).store.backlog()).toEqual({ pending: 0, oldestMs: 0 });
  });

  it('without clean-up leaves rows that end to nodes that have it, once there was one', async () => {
    const { open, sighting } = makeHome();
    await (await open({ cleansUp: true })).store.close();
    const plain = await open();
    await plain.store.enter(sighting(1));
    await plain.store.remove(idOf(1));
    expect(await outcome(plain.store, sighting(1))).toBe('cleaning');
    await plain.store.close();
    expect(await (await open({ cleansUp: true })).store.claim(10, HOUR_MS)).toHaveLength(1);
  });

  it('leaves rows to be purged, and the bound of devices', async () => {
    const { clock, open, sighting } = makeHome();
    const { store } = await open();
    for (const name of [1, 2, 3]) await store.enter(sighting(name, { expiresAtMs: clock.now().getTime() + name }));
    await store.close();
    const full = await open({ devices: 3 });
    expect(await outcome(full.store, sighting(4))).toBe('full');
    clock.advance(2);
    expect(await outcome(full.store, sighting(4))).toBe('new'); // the first of them has ended
    expect([...full.copy.gone]).toEqual([idOf(1)]);
    await full.store.close();
    clock.advance(HOUR_MS + 10);
    const last = await open({ unconfirmedMs: 1_000 });
    expect(await last.store.purge(100)).toEqual([idOf(2), idOf(3)]);
  });
});

describe('what is on the disk when it is acknowledged', () => {
  it('are revocations, wallets’ times, confirmations and erasures; the rest is written without waiting for the disk', async () => {
    const { clock, open, sighting } = makeHome();
    const { store } = await open({ cleansUp: true, confirmAfterMs: 1_000 });
    const batches = vi.spyOn(ClassicLevel.prototype, 'batch');
    onTestFinished(() => batches.mockRestore());
    const syncs = async (call: () => Promise<unknown>) => {
      batches.mockClear();
      await call();
      return batches.mock.calls
        .map((args) => (args as unknown[])[1])
        .map((options) => (options as { sync: boolean }).sync);
    };
    for (const name of [1, 2, 3]) expect(await syncs(() => store.enter(sighting(name)))).toEqual([false]);
    expect(await syncs(() => store.renew([{ ...sighting(1), issuedAtMs: -Infinity }]))).toEqual([false]);
    expect(await syncs(() => store.edit(idOf(1), { label: 'phone' }))).toEqual([false]);
    expect(await syncs(() => store.edit(idOf(1), { isConfirmed: true }))).toEqual([true]);
    clock.advance(1_000);
    expect(await syncs(() => store.renew([sighting(2)]))).toEqual([true]); // confirms
    expect(await syncs(() => store.renew([sighting(2)]))).toEqual([false]);
    expect(await syncs(() => store.enter(sighting(3)))).toEqual([true]); // confirms
    expect(await syncs(() => store.revoke([byId(1), byId(9)]))).toEqual([true]);
    expect(await syncs(() => store.revoke([byId(1), byId(9)]))).toEqual([]);
    expect(await syncs(() => store.remove(idOf(2)))).toEqual([false]);
    expect(await syncs(() => store.revokeWallet(ALICE, undefined))).toEqual([true]);
    expect(await syncs(() => store.erase(ALICE))).toEqual([true]);
    const [claim] = await store.claim(1, 1_000);
    expect(await syncs(() => store.finish(claim!))).toEqual([false]);
  });

  it('revokes in the same write in which rows end', async () => {
    const { open, sighting } = makeHome();
    const { store } = await open({ cleansUp: true });
    await store.enter(sighting(1));
    const batches = vi.spyOn(ClassicLevel.prototype, 'batch');
    onTestFinished(() => batches.mockRestore());
    await store.revoke([byId(1)]);
    const [operations] = batches.mock.calls[0] as unknown as [{ type: string; key: string }[]];
    const kinds = operations.map(({ type, key }) => `${type} ${key.slice(0, 2)}`).toSorted();
    expect(kinds).toEqual(['del d!', 'del k!', 'del u!', 'put c!', 'put f!', 'put m!', 'put r!']);
  });
});

describe('a write that fails', () => {
  const failing = () => {
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockRejectedValueOnce(new Error('no space'));
    onTestFinished(() => batch.mockRestore());
  };

  it('rejects a revocation that the node has already heard, and is made good by the next attempt', async () => {
    const { open, sighting } = makeHome();
    const { store, copy } = await open();
    await store.enter(sighting(1));
    failing();
    await expect(store.revoke([byId(1)])).rejects.toThrow('no space');
    expect(copy.has(idOf(1))).toBe(true);
    expect(await outcome(store, sighting(1))).toBe('revoked');
    expect(await store.revoke([byId(1)])).toEqual({ changed: true });
    expect(await store.list(ALICE)).toEqual([]);
    await store.close();
    expect((await open()).copy.has(idOf(1))).toBe(true);
  });

  it('leaves nothing half done: rows, their number, clean-ups', async () => {
    const { open, sighting } = makeHome();
    const { store } = await open({ devices: 2, cleansUp: true });
    failing();
    await expect(store.enter(sighting(1))).rejects.toThrow('no space');
    for (const name of [1, 2]) expect(await outcome(store, sighting(name))).toBe('new');
    expect(await outcome(store, sighting(3))).toBe('full');
    failing();
    await expect(store.remove(idOf(1))).rejects.toThrow('no space');
    expect(await store.backlog()).toMatchObject({ pending: 0 });
    expect(await outcome(store, sighting(1))).toBe('known');
    expect(await store.purge(100)).toEqual([]);
  });
});

describe('bounds', () => {
  it('what a node has no room for is not written, and what it took is', async () => {
    const { open, sighting } = makeHome();
    const bounded = await open();
    let left = 2;
    const revoked = bounded.copy.revoked.bind(bounded.copy);
    bounded.copy.revoked = (facts) => {
      for (const fact of facts) {
        const isKnown = 'deviceId' in fact && bounded.copy.has(fact.deviceId);
        if (!isKnown && left-- <= 0) throw new RevocationsFull('full');
        revoked([fact]);
      }
    };
    await bounded.store.enter(sighting(1));
    await bounded.store.enter(sighting(3));
    await expect(bounded.store.revoke([1, 2, 3, 4].map(byId))).rejects.toThrow(RevocationsFull);
    expect((await bounded.store.list(ALICE)).map(({ deviceId }) => deviceId)).toEqual([idOf(3)]);
    await bounded.store.close();
    const { copy } = await open();
    expect([1, 2, 3, 4].map((name) => copy.has(idOf(name)))).toEqual([true, true, false, false]);
  });

  it('of revocations: what was written does not fit any more, and the start says so', async () => {
    const path = makeFolder();
    const first = await createDeviceRegistry({ store: levelDevices(path) });
    for (const name of [1, 2, 3]) await first.revoke(idOf(name));
    await first.close();
    const less = { store: levelDevices(path), bounds: { revocations: 2 } };
    await expect(createDeviceRegistry(less)).rejects.toThrow('bounds.revocations: 2 devices');
    const enough = await createDeviceRegistry({ store: levelDevices(path), bounds: { revocations: 3 } });
    await enough.close();
  });

  it('of devices: a store that is full looks for rows that have ended once, however many newcomers there are', async () => {
    const { open, sighting } = makeHome();
    const { store } = await open({ devices: 2 });
    for (const name of [1, 2]) await store.enter(sighting(name));
    await outcome(store, sighting(3));
    const reads = vi.spyOn(ClassicLevel.prototype, 'keys');
    onTestFinished(() => reads.mockRestore());
    for (let name = 4; name < 20; name++) expect(await outcome(store, sighting(name))).toBe('full');
    expect(reads).not.toHaveBeenCalled();
  });

  it('of time: openTimeoutMs', async () => {
    const { open } = makeHome();
    const { store } = await open();
    await store.revoke([byId(1)]);
    await store.close();
    await expect(open({ openTimeoutMs: 0 })).rejects.toThrow(/devices: it was not loaded within 0 ms/);
    await (await open()).store.close();
  });
});

describe('erase', () => {
  it('leaves neither label nor address in any file of the folder, and no key of the wallet; what is revoked stays as a hash', async () => {
    const { open, path, sighting } = makeHome();
    const { store } = await open({ cleansUp: true });
    const [label, address] = ['xQ7zebraVw9', '203.0.113.123'];
    for (const name of [0x7777, 0x8888]) await store.enter(sighting(name, { address }));
    await store.edit(idOf(0x7777), { label });
    await store.revoke([byId(0x8888)]);
    expect(textOf(path)).toContain(label);
    expect(textOf(path)).toContain(address);
    expect(await store.erase(ALICE)).toEqual([idOf(0x7777)]);
    const text = textOf(path);
    expect(text).not.toContain(label);
    expect(text).not.toContain(address);
    for (const claim of await store.claim(10, 1_000)) await store.finish(claim);
    await store.close();
    const keys = await inFolder(path, (database) => database.keys().all());
    expect(keys.filter((key) => key.includes(ALICE))).toEqual([]);
    expect(keys.filter((key) => key.startsWith('r!'))).toHaveLength(1);
  });
});

describe('close', () => {
  it('lets go of the folder when what was asked before is done; afterwards calls are rejected', async () => {
    const { open, path, sighting } = makeHome();
    const { store } = await open();
    const [entered] = await Promise.all([store.enter(sighting(1)), store.close()]);
    expect(entered).toMatchObject({ isNew: true });
    await expect(store.enter(sighting(1))).rejects.toThrow(`${path} is not open`);
    await expect(store.read([idOf(1)])).rejects.toThrow(`${path} is not open`);
    await expect(store.backlog()).rejects.toThrow(`${path} is not open`);
    await expect(
      store.open(
        usual(() => 0),
        new NodeCopy(() => 0),
      ),
    ).rejects.toThrow('opened once');
    expect(await (await open()).store.list(ALICE)).toHaveLength(1);
  });
});

/** All files of a folder. */
function textOf(path: string): string {
  return readdirSync(path)
    .map((name) => readFileSync(`${path}/${name}`, 'latin1'))
    .join('\n');
}
