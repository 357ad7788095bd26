import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { factsOf, linesOf } from '../../src/cli/revocation-lines.js';
import type { Fact } from '../../src/devices/store.js';
import { testWallets } from '../../src/testing/test-wallets.js';

const ALICE = testWallets.alice.address;
const BOB = testWallets.bob.address;
const device = (digit: string, wallet: string = ALICE) => `${wallet}/${digit.repeat(32)}`;
const KEY = 'AAECAwQFBgcICQoLDA0ODw';

const wallets = fc.constantFrom(ALICE, BOB);
const facts: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ deviceId: fc.tuple(wallets, fc.constantFrom('a', '7')).map(([wallet, digit]) => device(digit, wallet)) }),
  fc.record({ key: fc.uint8Array({ minLength: 16, maxLength: 16 }) }),
  fc
    .record({ wallet: wallets, atMs: fc.maxSafeInteger(), hasSurvivor: fc.boolean() })
    .map(({ wallet, atMs, hasSurvivor }) => ({
      wallet,
      atMs,
      survivor: hasSurvivor ? device('a', wallet) : undefined,
    })),
);

describe('lines of revocations', () => {
  it('are a comment and one for each fact', () => {
    const some: Fact[] = [
      { deviceId: device('a') },
      { key: Uint8Array.from({ length: 16 }, (_, i) => i) },
      { wallet: ALICE, atMs: Date.UTC(2026, 0, 31, 12), survivor: device('b') },
      { wallet: BOB, atMs: -1, survivor: undefined },
    ];
    const [comment, ...lines] = linesOf(some);
    expect(comment).toMatch(/^# /);
    expect(lines).toEqual([
      `device ${device('a')}`,
      `key ${KEY}`,
      `wallet ${ALICE} 2026-01-31T12:00:00.000Z ${device('b')}`,
      `wallet ${BOB} -1`,
    ]);
  });

  it('say what was written, whatever it is', () => {
    const round = (given: readonly Fact[]) => {
      expect(factsOf([...linesOf(given)].join('\n'))).toEqual(given);
    };
    fc.assert(fc.property(fc.array(facts), round));
  });

  it('may have comments, blanks, other line ends, addresses in lower case and times in seconds', () => {
    const text = `# all\r\n\r\n  device   ${device('a').toLowerCase()}\t# lost phone\r\nwallet ${ALICE.toLowerCase()} 2026-01-31T12:00:00Z\n   \n#`;
    expect(factsOf(text)).toEqual([
      { deviceId: device('a') },
      { wallet: ALICE, atMs: Date.UTC(2026, 0, 31, 12), survivor: undefined },
    ]);
    expect(factsOf('')).toEqual([]);
  });

  it.each([
    'device',
    'device x',
    `device ${device('A')}`,
    `device ${device('a')} x`,
    `device ${ALICE}`,
    device('a'),
    'key',
    `key ${KEY}x`,
    `key ${KEY.slice(0, -1)}x`,
    `key ${KEY} x`,
    'wallet',
    `wallet ${ALICE}`,
    `wallet ${ALICE} yesterday`,
    `wallet ${ALICE} 2026-01-31`,
    `wallet ${ALICE} 2026-13-31T12:00:00Z`,
    `wallet ${ALICE} 9999999999999999`,
    `wallet ${ALICE} 1.5`,
    `wallet ${ALICE} 5 x`,
    `wallet ${ALICE} 5 ${device('a', BOB)}`,
    `wallet ${ALICE} 5 ${device('a')} x`,
    `Device ${device('a')}`,
    'constructor x',
  ])('%s is none', (line) => {
    expect(() => factsOf(`key ${KEY}\n${line}\n`)).toThrow(/^line 2: expected device <id>/);
  });
});
