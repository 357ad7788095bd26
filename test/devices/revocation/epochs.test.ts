import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createEpochs, type Epoch, type Epochs, type Sighting } from '../../../src/devices/revocation/epochs.js';
import { createRevocationBound, createRevocationSet } from '../../../src/devices/revocation/revocations.js';

const WALLET = '0x52908400098527886E0F7030069857D2E4169EE7';
const OTHER = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';
const PHONE = `${WALLET}/00000000000000000000000000000001`;
const LAPTOP = `${WALLET}/00000000000000000000000000000002`;
const AT_MS = Date.UTC(2024, 5, 1);
const NOW_MS = AT_MS + 3_600_000;
const MINUTE_MS = 60_000;

const facts = fc.array(
  fc.record({
    wallet: fc.constantFrom(WALLET, OTHER),
    atMs: fc.nat(4),
    survivor: fc.constantFrom(undefined, PHONE, LAPTOP),
  }),
  { maxLength: 12 },
);
type Facts = readonly ({ readonly wallet: string } & Epoch)[];

const merged = (list: Facts, into = createEpochs()) => {
  for (const { wallet, atMs, survivor } of list) into.merge(wallet, atMs, survivor);
  return into;
};
const state = (epochs: Epochs) => [...epochs.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));

describe('the epochs of wallets', () => {
  it('come to the same in whatever order, grouping and number they are merged', () => {
    fc.assert(
      fc.property(facts, facts, facts, (a, b, c) => {
        const all = state(merged([...a, ...b, ...c]));
        expect(state(merged([...c, ...b, ...a]))).toEqual(all);
        expect(state(merged([...a, ...b, ...c, ...b, ...a]))).toEqual(all);
        const group = [...merged([...b, ...c]).entries()].map(([wallet, epoch]) => ({ wallet, ...epoch }));
        expect(state(merged(group, merged(a)))).toEqual(all);
      }),
    );
  });

  it('are the latest of each wallet, with the survivor that all of the latest name', () => {
    fc.assert(
      fc.property(facts, (list) => {
        const epochs = merged(list);
        for (const wallet of [WALLET, OTHER]) {
          const own = list.filter((fact) => fact.wallet === wallet);
          const atMs = Math.max(...own.map((fact) => fact.atMs));
          const survivors = new Set(own.filter((fact) => fact.atMs === atMs).map(({ survivor }) => survivor));
          const [survivor] = survivors.size === 1 ? survivors : [undefined];
          expect(epochs.get(wallet)).toEqual(own.length > 0 ? { atMs, survivor } : undefined);
        }
      }),
    );
  });

  it('say of each merge whether it changed anything', () => {
    fc.assert(
      fc.property(facts, (list) => {
        const epochs = createEpochs();
        for (const { wallet, atMs, survivor } of list) {
          const before = state(epochs);
          const changed = epochs.merge(wallet, atMs, survivor);
          if (changed) expect(state(epochs)).not.toEqual(before);
          else expect(state(epochs)).toEqual(before);
        }
      }),
    );
  });

  it.each([
    [
      'a later one with another survivor',
      [
        [1, PHONE],
        [2, LAPTOP],
      ],
      [true, true],
      { atMs: 2, survivor: LAPTOP },
    ],
    [
      'an earlier one',
      [
        [2, PHONE],
        [1, LAPTOP],
      ],
      [true, false],
      { atMs: 2, survivor: PHONE },
    ],
    [
      'the same again',
      [
        [2, PHONE],
        [2, PHONE],
      ],
      [true, false],
      { atMs: 2, survivor: PHONE },
    ],
    [
      'two survivors at once',
      [
        [2, PHONE],
        [2, LAPTOP],
      ],
      [true, true],
      { atMs: 2, survivor: undefined },
    ],
    [
      'a survivor and none at once',
      [
        [2, PHONE],
        [2, undefined],
      ],
      [true, true],
      { atMs: 2, survivor: undefined },
    ],
    [
      'none and a survivor at once',
      [
        [2, undefined],
        [2, PHONE],
      ],
      [true, false],
      { atMs: 2, survivor: undefined },
    ],
  ] as const)('merge %s', (_, merges, changes, result) => {
    const epochs = createEpochs();
    expect(merges.map(([atMs, survivor]) => epochs.merge(WALLET, atMs, survivor))).toEqual(changes);
    expect(epochs.get(WALLET)).toEqual(result);
  });

  it.each([NaN, Infinity, 1.5, '1' as unknown as number])('refuse %s as a time', (atMs) => {
    const epochs = createEpochs();
    expect(() => epochs.merge(WALLET, atMs)).toThrow(TypeError);
    expect(epochs.size).toBe(0);
  });

  it('share the bound of the revocations with the devices; no known wallet is refused', () => {
    const bound = createRevocationBound(2);
    const [devices, epochs] = [createRevocationSet(bound), createEpochs(bound)];
    devices.add(PHONE);
    epochs.merge(WALLET, 1);
    expect(() => epochs.merge(OTHER, 1)).toThrow('bounds.revocations');
    expect(() => devices.add(LAPTOP)).toThrow('bounds.revocations');
    expect(epochs.merge(WALLET, 2)).toBe(true);
    expect([devices.size, epochs.size, epochs.get(OTHER)]).toEqual([1, 1, undefined]);
  });
});

describe('an epoch covers', () => {
  const since = { deviceId: PHONE, firstSeenMs: AT_MS + 1, certifiedAtMs: AT_MS + 1, nowMs: NOW_MS };

  it.each<[string, Partial<Sighting>, boolean]>([
    ['not a device that was first seen and certified after it', {}, false],
    ['not a device that was certified after it and has no row', { firstSeenMs: undefined }, false],
    ['a device that was first seen at its time', { firstSeenMs: AT_MS }, true],
    ['a device that was first seen before it, whatever its certificate says', { firstSeenMs: AT_MS - 1 }, true],
    ['a certificate that was signed at its time', { certifiedAtMs: AT_MS }, true],
    ['a certificate that was signed before it, first seen later', { certifiedAtMs: AT_MS - 1 }, true],
    ['a certificate that was signed before it, never seen', { firstSeenMs: undefined, certifiedAtMs: 1 }, true],
    ['a certificate whose time is unknown', { certifiedAtMs: undefined }, true],
    ['a certificate whose time is unknown, never seen', { firstSeenMs: undefined, certifiedAtMs: undefined }, true],
    ['not a certificate that is a minute ahead of the node', { certifiedAtMs: NOW_MS + MINUTE_MS }, false],
    ['a certificate that is more than a minute ahead of the node', { certifiedAtMs: NOW_MS + MINUTE_MS + 1 }, true],
    ['a certificate whose time is no number', { certifiedAtMs: NaN }, true],
    ['a device whose first time is no number', { firstSeenMs: NaN }, true],
    ['every certificate while the clock is no number', { nowMs: NaN }, true],
  ])('%s', (_, sighting, covered) => {
    const epochs = createEpochs();
    expect(epochs.covers(WALLET, { ...since, ...sighting })).toBe(false);
    epochs.merge(WALLET, AT_MS);
    expect(epochs.covers(WALLET, { ...since, ...sighting })).toBe(covered);
    expect(epochs.covers(OTHER, { ...since, ...sighting })).toBe(false);
  });

  it('all but its survivor, and that one too once a later epoch does not name it', () => {
    const old = { firstSeenMs: AT_MS - 1, certifiedAtMs: undefined, nowMs: NOW_MS };
    const epochs = createEpochs();
    const covered = () => [PHONE, LAPTOP].map((deviceId) => epochs.covers(WALLET, { ...old, deviceId }));
    epochs.merge(WALLET, AT_MS, PHONE);
    expect(covered()).toEqual([false, true]);
    epochs.merge(WALLET, AT_MS + 5);
    expect(covered()).toEqual([true, true]);
  });
});
