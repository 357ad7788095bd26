import { knownOptions, requiredInteger } from '../options.js';
import { Bench, type StoreBacking } from './device-store/bench.js';
import { boundCases } from './device-store/bound-cases.js';
import { claimCases } from './device-store/claim-cases.js';
import { cleanUpCases } from './device-store/clean-up-cases.js';
import { eraseCases } from './device-store/erase-cases.js';
import { factCases } from './device-store/fact-cases.js';
import { lossCases } from './device-store/loss-cases.js';
import { purgeCases } from './device-store/purge-cases.js';
import { raceCases } from './device-store/race-cases.js';
import { revokeCases } from './device-store/revoke-cases.js';
import { rowCases } from './device-store/row-cases.js';
import { sharedCases } from './device-store/shared-cases.js';
import { walletCases } from './device-store/wallet-cases.js';

/** What the store can do. Cases that need more are not in the list. */
export interface TestDeviceStoreOptions {
  /** Whether nodes share its data: several stores of one backing are open at once. Default `false`. */
  isShared?: boolean | undefined;
  /** Whether the backing of a shared store has `lose`. Default `false`. */
  canLose?: boolean | undefined;
  /** Whether the backing has `advance`, which sets the clock of the store back as well. Default `false`. */
  canSetClock?: boolean | undefined;
  /** How long a node may take to hear of something, in milliseconds. 1 to 60 000. Default 5 000. */
  patienceMs?: number | undefined;
}

/** One thing that a store has to do. */
export interface DeviceStoreCase {
  readonly name: string;
  /** Resolves if the store does it. @throws Error that says what it did instead; what the store rejects with. */
  readonly run: () => Promise<void>;
}

/**
 * The cases that a store of devices has to pass, for any test runner. Cases that let time pass wait for parts of a second unless
 * the backing has `advance`; each opens its stores with settings of its own and closes them.
 * @param makeStores makes an empty backing, called once for each case.
 * @throws TypeError if an argument is wrong.
 * @example
 * import { describe, it } from 'node:test';
 *
 * import { memoryDevices } from 'grpc-wallet-auth/devices';
 * import { settableClock, testDeviceStore } from 'grpc-wallet-auth/testing';
 *
 * describe('memoryDevices', () => {
 *   const makeStores = async () => {
 *     const { now, advance } = settableClock();
 *     return { store: memoryDevices, nowMs: () => now().getTime(), advance, close: () => undefined };
 *   };
 *   for (const { name, run } of testDeviceStore(makeStores, { canSetClock: true })) it(name, run);
 * });
 */
export function testDeviceStore(
  makeStores: () => StoreBacking | Promise<StoreBacking>,
  options: TestDeviceStoreOptions = {},
): readonly DeviceStoreCase[] {
  if (typeof makeStores !== 'function') throw new TypeError('makeStores must be a function');
  knownOptions(options, ['isShared', 'canLose', 'canSetClock', 'patienceMs']);
  const { isShared = false, canLose = false, canSetClock = false, patienceMs = 5_000 } = options;
  for (const [name, value] of Object.entries({ isShared, canLose, canSetClock }))
    if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
  requiredInteger('patienceMs', patienceMs, 1, 60_000);
  if (canLose && !isShared) throw new TypeError('canLose is for stores that nodes share');
  const can = { shared: isShared, loss: canLose, clock: canSetClock };
  return cases
    .filter(({ needs }) => needs === undefined || can[needs])
    .map(({ name, run }) => ({
      name,
      async run() {
        const bench = new Bench(await makeStores(), { isShared, patienceMs });
        try {
          await bench.start();
          await run(bench);
        } finally {
          await bench.end();
        }
      },
    }));
}

const cases = [
  ...rowCases,
  ...revokeCases,
  ...walletCases,
  ...factCases,
  ...raceCases,
  ...boundCases,
  ...purgeCases,
  ...eraseCases,
  ...cleanUpCases,
  ...claimCases,
  ...sharedCases,
  ...lossCases,
];
