import { CAST, deviceNamed } from './cast.js';
import { runCommand, type Command } from './commands.js';
import { ModelWorld } from './model-world.js';
import type { Plant } from './plants.js';
import type { Setting } from './setting.js';

const HOUR_MS = 3_600_000;
/** What is lost is put back, what was not acknowledged is told, what was missed is heard: by then, in milliseconds. */
const HEALED_MS = 35_000;
/** A clean-up that failed waits for ten minutes at most, and one whose node is gone for its lease; in milliseconds. */
const CLEANED_MS = 720_000;
/** What the store has is heard by then, and what is to be cleaned up is claimed; in milliseconds. */
const HEARD_MS = 6_000;

/** Runs a script, then mends everything and looks whether all is well. @throws Error that says what is not. */
export async function runModel(setting: Setting, script: readonly Command[], plant: Plant): Promise<void> {
  const random = Math.random;
  Math.random = numbers(1);
  let world: ModelWorld | undefined;
  try {
    world = await ModelWorld.start(setting, plant, numbers(2));
    for (const command of script) await runCommand(world, command);
    world.heal();
    await world.pass(HEALED_MS);
    world.check();
    await checkHealed(world);
  } finally {
    Math.random = random;
    for (const node of world?.nodes ?? []) await node.crash();
  }
}

/** What must hold when there are no faults any more. */
async function checkHealed(world: ModelWorld): Promise<void> {
  const { ledger, nodes, setting } = world;
  const isCleanedUp = setting.cleanUp !== 'none';
  if (isCleanedUp && ledger.uncleaned.size > 0) await world.pass(CLEANED_MS);
  const isPending = () =>
    ledger.uncleaned.size > 0 || nodes.some(({ devices }) => devices.health().pendingCleanUps > 0);
  const isWaiting = () => isCleanedUp && isPending();
  await world.pass(HEARD_MS);
  for (let i = 0; i < 5 && isWaiting(); i++) await world.pass(HEARD_MS); // for rows that were purged meanwhile
  for (const name of isCleanedUp ? ledger.uncleaned.keys() : []) ledger.fail(`${name} is not cleaned up`);
  for (const node of nodes) {
    const { behind, fresh, pendingCleanUps, unacknowledged } = node.devices.health();
    const health = JSON.stringify({ behind, fresh, unacknowledged, ...(isCleanedUp && { pendingCleanUps }) });
    const expected = { behind: 0, fresh: true, unacknowledged: 0, ...(isCleanedUp && { pendingCleanUps: 0 }) };
    if (health !== JSON.stringify(expected)) ledger.fail(`node ${node.number} has ${health} after all`);
    for (const name of node.mustTell)
      if (node.isSure(deviceNamed(name)) && !node.events.wasToldRevoked(name))
        ledger.fail(`node ${node.number} did not tell that ${name} is revoked`);
    for (const record of node.inside.state.records.values()) {
      const device = CAST.find(({ id }) => id === record.deviceId)!;
      const row = ledger.rows.get(device.name);
      // the store takes a certificate for one from the future, and the node does not
      if (row === undefined && device.certified === 'late' && setting.storeAheadMs < 0) continue;
      // a device that came before its lost row was put back has a new one
      if (row === undefined || (row.firstSeenMs !== record.firstSeenMs && ledger.losses === 0))
        ledger.fail(`node ${node.number} has ${device.name} of ${record.firstSeenMs}, the store ${row?.firstSeenMs}`);
    }
  }
  for (const [name, made] of ledger.made) {
    const seen = nodes.reduce((sum, { events }) => sum + (events.firstSeen.get(name) ?? 0), 0);
    if (seen > made) ledger.fail(`${name} was first seen ${seen} times, and made ${made} times`);
  }
  world.check();
  await checkCalls(world);
  world.check();
}

/** Every device calls at every node: those that are revoked anywhere are refused everywhere, others that nobody revoked are not. */
async function checkCalls(world: ModelWorld): Promise<void> {
  const { ledger, nodes } = world;
  for (const device of CAST) {
    const knowing = nodes.filter((node) => node.isSure(device));
    for (const node of nodes) {
      let isAdmitted: boolean | undefined;
      void node.call(world.token(device.name, 'new', 4 * HOUR_MS)).then((result) => (isAdmitted = result));
      await world.pass(1_000);
      if (isAdmitted === true && knowing.length > 0)
        ledger.fail(
          `node ${node.number} admits ${device.name} after all, which node ${knowing[0]?.number} knows to be revoked`,
        );
      if (isAdmitted !== true && ledger.isUntouched(device))
        ledger.fail(`node ${node.number} does not admit ${device.name} after all, which nobody revoked`);
    }
  }
}

/** The same numbers from 0 to 1 in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
