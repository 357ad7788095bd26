import { rmSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { memoryDevices } from '../../src/devices/memory/memory-store.js';
import { revocationKey } from '../../src/devices/revocation/revocations.js';
import type { DeviceStore } from '../../src/devices/store.js';
import { NodeCopy } from '../../src/testing/device-store/node-copy.js';
import { ALICE, HOUR_MS, idOf, inFolder, makeHome, usual } from './folder.js';

const name = fc.integer({ min: 1, max: 5 });
const step = fc.oneof(
  fc.record({
    do: fc.constant('enter' as const),
    name,
    aheadMs: fc.constantFrom(-HOUR_MS, 0, 30_000),
    lifeMs: fc.nat(9_000),
  }),
  fc.record({ do: fc.constant('renew' as const), name, lifeMs: fc.nat(9_000) }),
  fc.record({ do: fc.constantFrom('revoke' as const, 'key' as const, 'remove' as const, 'confirm' as const), name }),
  fc.record({ do: fc.constant('wallet' as const), name }),
  fc.record({ do: fc.constantFrom('erase' as const, 'purge' as const, 'clean' as const, 'restart' as const) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(-5_000, 1, 1_000, 10_000) }),
);

describe('levelDevices', () => {
  it('decides as the memory store does, whatever is asked and however often it is restarted, and stays whole', async () => {
    const run = async (cleansUp: boolean, steps: readonly Step[]) => {
      const { clock, nowMs, open, path } = makeHome();
      const settings = {
        ...usual(nowMs),
        cleansUp,
        unconfirmedMs: 2_000,
        idleMs: 5_000,
        confirmAfterMs: 3_000,
        devicesPerWallet: 3,
      };
      const model = memoryDevices();
      await model.open(settings, new NodeCopy(nowMs));
      let { store } = await open(settings);
      for (const each of steps) {
        if (each.do === 'restart') {
          await store.close();
          ({ store } = await open(settings));
        } else if (each.do === 'pass') clock.advance(each.ms);
        else
          expect({ each, answer: await ask(store, each, nowMs) }).toEqual({
            each,
            answer: await ask(model, each, nowMs),
          });
        expect(byName(await store.list(ALICE))).toEqual(byName(await model.list(ALICE)));
        expect(await store.backlog()).toEqual(await model.backlog());
      }
      await store.close();
      await expectWhole(path);
      rmSync(path, { recursive: true, force: true });
    };
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 40 }), run), { numRuns: 60 });
  }, 60_000);
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function ask(store: DeviceStore, each: Step, nowMs: () => number): Promise<unknown> {
  const now = nowMs();
  const deviceId = 'name' in each ? idOf(each.name) : '';
  switch (each.do) {
    case 'enter':
      return store.enter({
        deviceId,
        wallet: ALICE,
        certifiedAtMs: now + each.aheadMs,
        issuedAtMs: now,
        expiresAtMs: now + each.lifeMs,
        address: undefined,
      });
    case 'renew':
      return store.renew([{ deviceId, expiresAtMs: now + each.lifeMs, issuedAtMs: now, address: '192.0.2.1' }]);
    case 'revoke':
      return store.revoke([{ deviceId }]);
    case 'key':
      return void (await store.revoke([{ key: revocationKey(deviceId) }])); // the memory store cannot tell whether it is news
    case 'wallet':
      return store.revokeWallet(ALICE, deviceId);
    case 'remove':
      return store.remove(deviceId);
    case 'confirm':
      return store.edit(deviceId, { label: String(each.name), isConfirmed: true });
    case 'erase':
      return (await store.erase(ALICE)).toSorted();
    case 'purge':
      return (await store.purge(100)).toSorted();
    case 'clean': {
      const claims = await store.claim(100, 1_000);
      for (const claim of claims) expect(await store.finish(claim)).toBe(true);
      return claims.map((claim) => ({ ...claim, token: '' })).toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
    }
    case 'pass':
    case 'restart':
      return undefined;
  }
}

function byName<T extends { readonly deviceId: string }>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
}

/** Each row has its entry in each index, and the number of rows is right. */
async function expectWhole(path: string): Promise<void> {
  await inFolder(path, async (database) => {
    const entries = await database.iterator().all();
    const keys = entries.map(([key]) => key);
    const rows = entries.filter(([key]) => key.startsWith('d!'));
    const indexed = rows.map(([, text]) => (JSON.parse(text.slice(9)) as { entry: string }).entry);
    expect(keys.filter((key) => /^[tu]!/.test(key)).toSorted()).toEqual(indexed.toSorted());
    expect(keys.filter((key) => key.startsWith('k!'))).toHaveLength(rows.length);
    const count = entries.find(([key]) => key === 'm!rows')?.[1].slice(9) ?? '0';
    expect(Number(count)).toBe(rows.length);
  });
}
