import fc from 'fast-check';

const HOUR_MS = 3_600_000;

/** What is given in a run of the model. */
export interface Setting {
  /** How far the clock of each node is ahead, in milliseconds. */
  readonly aheadMs: readonly number[];
  readonly storeAheadMs: number;
  /** Records that a node may have. */
  readonly records: number;
  /** Which nodes clean up. */
  readonly cleanUp: 'all' | 'the first' | 'none';
  readonly onStoreError: 'deny' | 'allow';
  /** Whether devices are forgotten after minutes; else after days. */
  readonly forgetsSoon: boolean;
}

const ahead = fc.constantFrom(0, 0, 0, 20_000, -20_000, 2 * HOUR_MS, -2 * HOUR_MS);

const withClocks: fc.Arbitrary<Setting> = fc.record({
  aheadMs: fc.array(ahead, { minLength: 1, maxLength: 3 }),
  storeAheadMs: ahead,
  records: fc.constantFrom(100, 1, 2),
  cleanUp: fc.constantFrom('none', 'all', 'all', 'the first'),
  onStoreError: fc.constantFrom('deny', 'allow'),
  forgetsSoon: fc.constant(false),
});

/** Clocks that are hours apart are no trouble while devices are forgotten after days. */
export const anySetting: fc.Arbitrary<Setting> = fc.oneof(
  { weight: 2, arbitrary: withClocks },
  {
    weight: 1,
    arbitrary: withClocks.map((setting) => ({
      ...setting,
      aheadMs: setting.aheadMs.map(() => 0),
      storeAheadMs: 0,
      forgetsSoon: true,
    })),
  },
);

/** What is out of the ordinary, in sentences. */
export function sayingsOf({ aheadMs, storeAheadMs, records, cleanUp, onStoreError, forgetsSoon }: Setting): string[] {
  return [
    `there ${aheadMs.length === 1 ? 'is 1 node' : `are ${aheadMs.length} nodes`}; ${cleanUp === 'all' ? 'all clean up' : cleanUp === 'none' ? 'none cleans up' : 'the first cleans up'}`,
    ...aheadMs.map((ms, i) => (ms === 0 ? '' : `the clock of node ${i + 1} is ${off(ms)}`)),
    storeAheadMs === 0 ? '' : `the clock of the store is ${off(storeAheadMs)}`,
    records === 100 ? '' : `each node has ${records} record${records === 1 ? '' : 's'} at most`,
    onStoreError === 'deny' ? '' : 'calls are admitted while the store is away for long',
    forgetsSoon ? 'devices are forgotten after minutes' : '',
  ].filter((saying) => saying !== '');
}

function off(ms: number): string {
  const s = Math.abs(ms) / 1_000;
  return `${s < 3_600 ? `${s} s` : `${s / 3_600} h`} ${ms > 0 ? 'ahead' : 'behind'}`;
}
