import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { revocationKey } from '../../../src/devices/revocation/revocations.js';
import type { StoreSettings } from '../../../src/devices/store.js';
import type { RedisDevicesOptions } from '../../../src/redis/devices/redis-devices.js';
import { redisClients, redisIsMissing, redisNote, redisServer } from '../../support/redis-server.js';
import { aNode, device, eventually, sighting, upTo, wallet, type ANode } from './a-node.js';

const HOUR_MS = 3_600_000;

describe.skipIf(redisIsMissing).each(Object.entries(redisClients))(`devices by %s${redisNote}`, (_, connect) => {
  const server = redisServer();
  const opened: ANode[] = [];
  let connected: Awaited<ReturnType<typeof connect>>;
  beforeEach(async () => {
    connected = await connect(server);
    await connected.command('FLUSHALL');
  });
  afterEach(async () => {
    for (const { store } of opened.splice(0)) await store.close();
    connected.close();
  });

  async function open(settings: Partial<StoreSettings> = {}, options: RedisDevicesOptions = {}): Promise<ANode> {
    const node = await aNode(connected.client, settings, options);
    opened.push(node);
    return node;
  }

  /** Redis's clock. */
  async function redisTime(): Promise<number> {
    const [seconds, micros] = (await connected.command('TIME')) as string[];
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  it('are made once, by the clock of Redis, and found as they were before each token', async () => {
    const { store } = await open();
    const first = sighting(device(1), { address: '::ffff:1|2%', certifiedAtMs: 1_700_000_000_123 });
    const before = await redisTime();
    const made = await store.enter(first);
    expect(made).toEqual({
      isNew: true,
      row: {
        deviceId: device(1),
        wallet: wallet(1),
        firstSeenMs: expect.any(Number) as number,
        seenMs: expect.any(Number) as number,
        firstIssuedMs: first.issuedAtMs,
        expiresAtMs: first.expiresAtMs,
        certifiedAtMs: 1_700_000_000_123,
        isConfirmed: false,
        label: '',
        address: '::ffff:1|2%',
      },
    });
    const { row } = made as { row: { firstSeenMs: number } };
    expect(row.firstSeenMs).toBeGreaterThanOrEqual(before);
    expect(row.firstSeenMs).toBeLessThanOrEqual(await redisTime());
    const later = sighting(device(1), { expiresAtMs: first.expiresAtMs + 5 });
    expect(await store.enter(later)).toEqual({ isNew: false, row: (made as { row: unknown }).row });
    expect(await store.read([device(2), device(1)])).toEqual([
      undefined,
      expect.objectContaining({ expiresAtMs: first.expiresAtMs + 5, address: '::ffff:1|2%' }),
    ]);
  });

  it('are first seen on one node of all, when many ask at once', async () => {
    const [a, b] = [await open(), await open()];
    const answers = await Promise.all(upTo(40).map((i) => (i % 2 ? a : b).store.enter(sighting(device(1)))));
    expect(answers.filter((answer) => typeof answer === 'object' && answer.isNew)).toHaveLength(1);
    expect(answers.filter((answer) => typeof answer === 'object')).toHaveLength(40);
  });

  it('are renewed by the newest end, never made by it, and confirmed by a later token', async () => {
    const { store } = await open({ confirmAfterMs: 1_000 });
    const first = sighting(device(1));
    await store.enter(first);
    const renewal = { deviceId: device(1), address: undefined };
    await store.renew([
      { ...renewal, expiresAtMs: first.expiresAtMs + 9, issuedAtMs: first.issuedAtMs + 999 },
      { ...renewal, expiresAtMs: first.expiresAtMs + 7, issuedAtMs: -Infinity, address: '1.2.3.4' },
      { ...renewal, deviceId: device(2), expiresAtMs: first.expiresAtMs, issuedAtMs: first.issuedAtMs },
    ]);
    const read = async () => (await store.read([device(1), device(2)])) as unknown[];
    expect(await read()).toEqual([
      expect.objectContaining({ expiresAtMs: first.expiresAtMs + 9, isConfirmed: false, address: '1.2.3.4' }),
      undefined,
    ]);
    await store.renew([{ ...renewal, expiresAtMs: first.expiresAtMs, issuedAtMs: first.issuedAtMs + 1_000 }]);
    expect(await read()).toEqual([
      expect.objectContaining({ expiresAtMs: first.expiresAtMs + 9, isConfirmed: true, address: '1.2.3.4' }),
      undefined,
    ]);
  });

  it('are renewed and read by hundreds, in their order', async () => {
    const { store } = await open();
    const ids = upTo(450).map((i) => device(i, wallet(i % 7)));
    await Promise.all(ids.map((id) => store.enter(sighting(id))));
    const expiresAtMs = Date.now() + 2 * HOUR_MS;
    await store.renew(
      ids.map((deviceId, i) => ({ deviceId, expiresAtMs: expiresAtMs + i, issuedAtMs: -Infinity, address: undefined })),
    );
    const rows = await store.read(ids);
    expect(rows.map((row) => [row?.deviceId, row?.expiresAtMs])).toEqual(ids.map((id, i) => [id, expiresAtMs + i]));
    expect((await store.list(wallet(3))).map(({ deviceId }) => deviceId).toSorted()).toEqual(
      ids.filter((id) => id.startsWith(wallet(3))).toSorted(),
    );
  });

  it('have labels of any text', async () => {
    const { store } = await open();
    await store.enter(sighting(device(1)));
    for (const label of ['Küche | 100 %\n🔑', '', '|||||||||']) {
      expect(await store.edit(device(1), { label })).toBe(true);
      expect(await store.list(wallet(1))).toEqual([expect.objectContaining({ label, isConfirmed: false })]);
    }
    expect(await store.edit(device(1), { isConfirmed: true })).toBe(true);
    expect(await store.list(wallet(1))).toEqual([expect.objectContaining({ label: '|||||||||', isConfirmed: true })]);
    expect(await store.edit(device(2), { label: 'x' })).toBe(false);
    expect(await store.list(wallet(2))).toEqual([]);
  });

  it('are as many for a wallet as it may have; those that have ended do not count', async () => {
    const { store } = await open({ devicesPerWallet: 2, cleansUp: true });
    const of = [1, 2, 3].map((n) => device(n, wallet(1)));
    const [one = '', two = '', three = ''] = of;
    await store.enter(sighting(one));
    await store.enter(sighting(two));
    expect(await store.enter(sighting(three))).toBe('limit');
    expect(await store.enter(sighting(two))).toMatchObject({ isNew: false });
    await store.remove(one);
    expect(await store.enter(sighting(three))).toMatchObject({ isNew: true });
  });

  it('make room, the unconfirmed one first whose token ended first, or are full', async () => {
    const { store, heard } = await open({ devices: 3, confirmAfterMs: 0 });
    const ended = (ms: number) => ({ issuedAtMs: Date.now() - HOUR_MS, expiresAtMs: Date.now() - ms });
    await store.enter(sighting(device(1), ended(1_000)));
    await store.enter(sighting(device(2), ended(2_000)));
    await store.enter(sighting(device(3)));
    expect(await store.enter(sighting(device(4)))).toMatchObject({ isNew: true });
    await eventually(() => expect(heard.purged).toEqual([device(2)]));
    await store.edit(device(1), { isConfirmed: true });
    expect(await store.enter(sighting(device(5)))).toBe('full');
    expect(await store.enter(sighting(device(3)))).toMatchObject({ isNew: false });
  });

  it('are revoked by id, known or not, once; and heard by every node', async () => {
    const [a, b] = [await open(), await open()];
    await a.store.enter(sighting(device(1)));
    expect(await a.store.revoke([{ deviceId: device(1) }, { deviceId: device(2) }])).toEqual({ changed: true });
    expect([...a.heard.devices]).toEqual([device(1), device(2)]); // before it resolves
    expect(await b.store.revoke([{ deviceId: device(2) }])).toEqual({ changed: false });
    await eventually(() => expect([...b.heard.devices]).toEqual([device(1), device(2)]));
    for (const id of [device(1), device(2)]) expect(await b.store.enter(sighting(id))).toBe('revoked');
    expect(await b.store.read([device(1)])).toEqual([undefined]);
    expect(await b.store.list(wallet(1))).toEqual([]);
  });

  it('are revoked by key alone: the row that has it ends, and none is made', async () => {
    const { store } = await open();
    const other = await open();
    await store.enter(sighting(device(1)));
    await store.enter(sighting(device(3)));
    const keys = [1, 2].map((n) => ({ key: revocationKey(device(n)) }));
    expect(await store.revoke(keys)).toEqual({ changed: true });
    expect(await store.read([device(1)])).toEqual([undefined]);
    expect(await store.revoke(keys)).toEqual({ changed: false });
    expect(await store.revoke([{ deviceId: device(2) }])).toEqual({ changed: false });
    expect(await store.revoke([{ deviceId: device(4) }])).toEqual({ changed: true });
    expect(await store.revoke([{ key: revocationKey(device(4)) }])).toEqual({ changed: false });
    for (const n of [1, 2]) expect(await store.enter(sighting(device(n)))).toBe('revoked');
    expect(await store.enter(sighting(device(3)))).toMatchObject({ isNew: false });
    await eventually(() => expect(other.heard.keys.size).toBe(2));
  });

  it('are revoked with their wallet, but one, until a time that is past all rows; later ones may come', async () => {
    const { store, heard } = await open();
    const other = await open();
    const [one = '', two = '', three = '', four = ''] = [1, 2, 3, 4].map((n) => device(n, wallet(1)));
    await store.enter(sighting(one));
    await store.enter(sighting(two, { certifiedAtMs: Date.now() + 50_000 }));
    await store.enter(sighting(three));
    await store.enter(sighting(device(9)));
    const rows = await store.list(wallet(1));
    expect(await store.revokeWallet(wallet(1), three)).toEqual({ changed: true });
    const { atMs, survivor } = heard.wallets.get(wallet(1)) ?? { atMs: NaN };
    expect(survivor).toBe(three);
    expect(atMs).toBeGreaterThanOrEqual(Math.max(...rows.map(({ firstSeenMs }) => firstSeenMs)));
    expect([...heard.devices]).toEqual([two]); // it could come back with a certificate that is dated later
    expect((await store.list(wallet(1))).map(({ deviceId }) => deviceId)).toEqual([three]);
    expect(await store.enter(sighting(one))).toBe('revoked');
    expect(await store.enter(sighting(two, { certifiedAtMs: atMs + 50_000 }))).toBe('revoked');
    expect(await store.enter(sighting(four, { certifiedAtMs: undefined }))).toBe('revoked');
    expect(await store.enter(sighting(four, { certifiedAtMs: atMs + 90_000 }))).toBe('revoked');
    expect(await store.enter(sighting(three))).toMatchObject({ isNew: false });
    expect(await store.enter(sighting(device(9)))).toMatchObject({ isNew: false });
    const again = await store.enter(sighting(one, { certifiedAtMs: atMs + 1 }));
    expect(again).toMatchObject({ isNew: true });
    expect((again as { row: { firstSeenMs: number } }).row.firstSeenMs).toBeGreaterThan(atMs);
    // what its row says counts, not this certificate
    expect(await store.enter(sighting(one, { certifiedAtMs: atMs - 1 }))).toMatchObject({ isNew: false });
    await eventually(() => expect(other.heard.wallets.get(wallet(1))).toEqual({ atMs, survivor: three }));
  });

  it('are revoked with their wallet again at a later time, however fast; a survivor that was revoked is none', async () => {
    const { store, heard } = await open();
    const [one, two] = [device(1, wallet(1)), device(2, wallet(1))];
    await store.enter(sighting(one));
    const times: number[] = [];
    for (const survivor of [one, undefined, one, two]) {
      await store.revokeWallet(wallet(1), survivor);
      const epoch = heard.wallets.get(wallet(1));
      times.push(epoch?.atMs ?? NaN);
      expect(epoch?.survivor).toBe(times.length === 1 ? one : undefined);
    }
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
    expect(await store.enter(sighting(one))).toBe('revoked');
    await store.revoke([{ key: revocationKey(device(5)) }]);
    await store.revokeWallet(wallet(5), device(5));
    expect(heard.wallets.get(wallet(5))?.survivor).toBeUndefined();
  });

  it('have the same revocations in whatever order and however often they come', async () => {
    const facts = [
      { wallet: wallet(1), atMs: 5_000, survivor: device(1) },
      { wallet: wallet(1), atMs: 5_000, survivor: device(2, wallet(1)) },
      { wallet: wallet(1), atMs: 4_000, survivor: undefined },
      { wallet: wallet(2), atMs: 7_000, survivor: device(2) },
      { wallet: wallet(2), atMs: 6_000, survivor: undefined },
      { deviceId: device(3) },
      { key: revocationKey(device(4)) },
    ];
    for (const order of [facts, facts.toReversed(), [...facts, ...facts]]) {
      await connected.command('FLUSHALL');
      const { store } = await open();
      expect(await store.revoke(order)).toEqual({ changed: true });
      expect(await store.revoke(facts)).toEqual({ changed: false });
      const { heard } = await open();
      expect([...heard.wallets].toSorted()).toEqual([
        [wallet(1), { atMs: 5_000, survivor: undefined }],
        [wallet(2), { atMs: 7_000, survivor: device(2) }],
      ]);
      expect([...heard.devices]).toEqual([device(3)]);
      expect(heard.keys.size).toBe(1);
    }
  });

  it('are restored as they were, but for those that are there or revoked', async () => {
    const { store } = await open();
    const ids = [1, 2, 3, 4].map((n) => device(n));
    for (const id of ids) await store.enter(sighting(id, { address: 'a|b' }));
    await store.edit(device(1), { label: 'mine | here', isConfirmed: true });
    const rows = (await store.read(ids)).flatMap((row) => row ?? []);
    await connected.command('FLUSHALL');
    await store.revoke([
      { key: revocationKey(device(2)) },
      { wallet: wallet(3), atMs: Date.now(), survivor: undefined },
    ]);
    const entered = await store.enter(sighting(device(4)));
    await store.restore(rows);
    const [one, two, three, four] = await store.read(ids);
    expect(one).toEqual(rows[0]);
    expect([two, three]).toEqual([undefined, undefined]);
    expect(four).toEqual((entered as { row: unknown }).row);
    await store.restore(rows);
    expect(await store.read([device(1)])).toEqual([rows[0]]);
  });

  it('are purged by their rows: unconfirmed after their token, confirmed when idle', async () => {
    const { store, heard } = await open({ unconfirmedMs: 60_000, idleMs: 0 });
    const other = await open();
    const past = (ms: number) => ({ issuedAtMs: Date.now() - ms, expiresAtMs: Date.now() - ms });
    await store.enter(sighting(device(1), past(61_000)));
    await store.enter(sighting(device(2), past(59_000)));
    await store.enter(sighting(device(3), past(1_000)));
    await store.edit(device(3), { isConfirmed: true });
    await store.enter(sighting(device(4)));
    await store.edit(device(4), { isConfirmed: true });
    expect(await store.purge(1)).toEqual([device(1)]);
    expect(await store.purge(10)).toEqual([device(3)]);
    expect(await store.purge(10)).toEqual([]);
    expect(await store.read([device(1), device(3)])).toEqual([undefined, undefined]);
    for (const node of [{ heard }, other]) {
      await eventually(() => expect(node.heard.purged).toEqual([device(1), device(3)]));
    }
  });

  it('are purged by hundreds, as many as asked for', async () => {
    const { store } = await open();
    const old = { issuedAtMs: Date.now() - HOUR_MS, expiresAtMs: Date.now() - HOUR_MS };
    await Promise.all(upTo(450).map((n) => store.enter(sighting(device(n), old))));
    expect(await store.purge(401)).toHaveLength(401);
    expect(await store.purge(401)).toHaveLength(49);
  });

  it('begin each life later than the last, and after what their wallet revoked', async () => {
    const { store } = await open();
    const seen: number[] = [];
    for (let i = 0; i < 20; i++) {
      const entered = await store.enter(sighting(device(1)));
      seen.push((entered as { row: { firstSeenMs: number } }).row.firstSeenMs);
      expect(await store.remove(device(1))).toBe(true);
    }
    expect(await store.remove(device(1))).toBe(false);
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    const future = Date.now() + HOUR_MS;
    await store.revoke([{ wallet: wallet(2), atMs: future, survivor: undefined }]);
    const entered = await store.enter(sighting(device(1)));
    expect((entered as { row: { firstSeenMs: number } }).row.firstSeenMs).toBe(future + 1);
  });

  it('begin each life later than the last, which was cleaned up, with a clock that was set back', async () => {
    const { store } = await open({ cleansUp: true });
    const future = Date.now() + HOUR_MS;
    await store.revoke([{ wallet: wallet(2), atMs: future, survivor: undefined }]);
    const incarnations: number[] = [];
    for (const n of upTo(3)) {
      expect(await store.enter(sighting(device(1)))).toMatchObject({ row: { firstSeenMs: future + 1 + n } });
      await store.remove(device(1));
      for (const claim of await store.claim(1, 60_000)) {
        incarnations.push(claim.incarnation);
        await store.finish(claim);
      }
    }
    expect(incarnations).toEqual([future + 1, future + 2, future + 3]);
  });

  it('wait for their clean-up once a node cleans up, whoever ends them', async () => {
    const plain = await open();
    const cleaner = await open({ cleansUp: true });
    const made = await plain.store.enter(sighting(device(1)));
    const { firstSeenMs: incarnation } = (made as { row: { firstSeenMs: number } }).row;
    await plain.store.enter(sighting(device(2)));
    await plain.store.remove(device(1));
    await plain.store.revoke([{ deviceId: device(2) }]);
    expect(await plain.store.enter(sighting(device(1)))).toBe('cleaning');
    expect(await plain.store.enter(sighting(device(2)))).toBe('revoked');
    expect(await plain.store.read([device(1), device(2)])).toEqual([undefined, undefined]);
    expect(await plain.store.backlog()).toEqual({ pending: 2, oldestMs: expect.any(Number) as number });

    const claims = await cleaner.store.claim(10, 60_000);
    expect(claims.toSorted((a, b) => a.cause.localeCompare(b.cause))).toEqual([
      {
        deviceId: device(1),
        wallet: wallet(1),
        incarnation,
        cause: 'purged',
        attempt: 1,
        token: expect.any(String) as string,
      },
      expect.objectContaining({ deviceId: device(2), cause: 'revoked', attempt: 1 }),
    ]);
    expect(await cleaner.store.claim(10, 60_000)).toEqual([]);
    for (const claim of claims) expect(await cleaner.store.finish(claim)).toBe(true);
    for (const claim of claims) expect(await cleaner.store.finish(claim)).toBe(false);
    expect(await plain.store.backlog()).toEqual({ pending: 0, oldestMs: 0 });
    const again = await plain.store.enter(sighting(device(1)));
    expect((again as { row: { firstSeenMs: number } }).row.firstSeenMs).toBeGreaterThan(incarnation);
    expect(await plain.store.enter(sighting(device(2)))).toBe('revoked');
  });

  it('are claimed again when the lease is over or put off, and the older claim is no good', async () => {
    const { store } = await open({ cleansUp: true });
    await store.enter(sighting(device(1)));
    await store.remove(device(1));
    const [first] = await store.claim(1, 0);
    const [second] = await store.claim(1, 60_000);
    if (first === undefined || second === undefined) throw new Error('not claimed');
    expect(second).toMatchObject({ attempt: 2, incarnation: first.incarnation });
    expect(await store.defer(first, 0)).toBe(false);
    expect(await store.finish(first)).toBe(false);
    expect(await store.claim(1, 60_000)).toEqual([]);
    expect(await store.defer(second, 0)).toBe(true);
    const [third] = await store.claim(1, 60_000);
    expect(third).toMatchObject({ attempt: 3 });
    expect(await store.finish(second)).toBe(false);
    if (third !== undefined) expect(await store.finish(third)).toBe(true);
  });

  it('are claimed by one of many nodes each', async () => {
    const nodes = [await open({ cleansUp: true }), await open({ cleansUp: true })];
    const ids = upTo(30).map((n) => device(n));
    for (const id of ids) await nodes[0]?.store.enter(sighting(id));
    await nodes[0]?.store.revoke(ids.map((deviceId) => ({ deviceId })));
    const claims = await Promise.all([...nodes, ...nodes, ...nodes].map(({ store }) => store.claim(10, 60_000)));
    const claimed = claims.flat().map(({ deviceId }) => deviceId);
    expect(new Set(claimed).size).toBe(claimed.length);
    const rest = (await nodes[0]?.store.claim(100, 60_000)) ?? [];
    expect([...claimed, ...rest.map(({ deviceId }) => deviceId)].toSorted()).toEqual(ids.toSorted());
  });

  it('agree on the longest life of a token', async () => {
    const [a, b] = [await open(), await open()];
    expect(await a.store.agree?.(3_600_000)).toBeUndefined();
    expect(await b.store.agree?.(3_600_000)).toBeUndefined();
    expect(await b.store.agree?.(60_000)).toBe(3_600_000);
    expect(await a.store.agree?.(60_000)).toBeUndefined();
  });
});
