import { access } from 'node:fs/promises';

import { RevocationCopy } from '../devices/revocation/revocation-copy.js';
import type { DeviceStore, Fact, StoreSettings } from '../devices/store.js';
import { deviceStore, IN_MEMORY } from './device-stores.js';
import { inputName, readInput, systemReason } from './files.js';
import { UsageError } from './flags.js';
import { factsOf, linesOf } from './revocation-lines.js';

/** As many as a registry may have. */
const MAX_REVOCATIONS = 10_000_000;
/** Longest input, in bytes: so many lines of devices. */
const MAX_BYTES = 1_000_000_000;
/** Facts that are added at once. */
const BATCH = 1_000;

/** Nothing but revocations is used of the store. */
const SETTINGS: StoreSettings = {
  nowMs: () => Date.now(),
  idleMs: Infinity,
  unconfirmedMs: Infinity,
  confirmAfterMs: Infinity,
  devicesPerWallet: Infinity,
  devices: MAX_REVOCATIONS,
  cleansUp: false,
  openTimeoutMs: 600_000,
};

/** All that is revoked in a store, as lines. @throws UsageError if there is no store. */
export async function exportLines(place: string): Promise<readonly string[]> {
  checkPlace(place);
  if (!place.includes('://')) await mustExist(place); // opening it would make it
  const copy = await withStore(place, async () => undefined);
  return linesOf(copy.facts());
}

/** Adds the facts of a file to a store, once all of it was read. @throws UsageError naming the first line that is wrong. */
export async function importLines(place: string, file: string): Promise<{ read: number; added: number }> {
  checkPlace(place);
  const facts = await readFacts(file);
  const copy = await withStore(place, async (store, open) => {
    open.added = 0;
    for (let i = 0; i < facts.length; i += BATCH) await store.revoke(facts.slice(i, i + BATCH));
  });
  return { read: facts.length, added: copy.added };
}

function checkPlace(place: string): void {
  if (place === IN_MEMORY) throw new UsageError('--store takes a folder, or the URL of a Redis');
}

async function mustExist(folder: string): Promise<void> {
  try {
    await access(folder);
  } catch (error) {
    throw new UsageError(`cannot read ${folder}: ${systemReason(error)}`);
  }
}

async function readFacts(file: string): Promise<readonly Fact[]> {
  const bytes = await readInput(file, MAX_BYTES);
  try {
    return factsOf(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UsageError(`${inputName(file)}: ${(error as Error).message}`);
  }
}

async function withStore(
  place: string,
  use: (store: DeviceStore, copy: RevocationCopy) => Promise<void>,
): Promise<RevocationCopy> {
  const store = await deviceStore('--store', place);
  const copy = new RevocationCopy(MAX_REVOCATIONS, () => Date.now());
  try {
    await store.open(SETTINGS, copy);
    await use(store, copy);
  } finally {
    await store.close();
  }
  return copy;
}
