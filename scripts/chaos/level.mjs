// Kills a process that uses a level store, again and again, and looks each time whether anything is missing that it had acknowledged.
// Usage: npm run --silent build && node scripts/chaos/level.mjs [rounds] [seed]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SELF = fileURLToPath(import.meta.url);
const BUILT = new URL('../../dist/src/level/index.js', import.meta.url).href;
const WALLETS = ['0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A', '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf'];
const DEVICES = 12;
const LIFE_MS = 3_600_000;
/** Where in a write the process is killed; `outside` by its parent, wherever it is then. */
const PLACES = ['before', 'during', 'after', 'outside'];

/**
 * Runs rounds on one folder.
 * @param rounds how often a process is killed.
 * @returns how many facts were acknowledged and found again, and where the processes were killed.
 * @throws Error that says what is missing.
 */
export async function run(rounds, { seed = Date.now() % 2 ** 31, moduleUrl = BUILT } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'level-chaos-'));
  const folder = join(home, 'devices');
  const known = { devices: new Set(), wallets: new Map(), rows: new Map(), lives: new Map(), confirmed: new Set() };
  const killed = Object.fromEntries(PLACES.map((place) => [place, 0]));
  const random = randomOf(seed);
  let writes = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const place = PLACES[round % PLACES.length];
      const at = 1 + Math.floor(random() * 60);
      writes += at;
      await killOne({ folder, moduleUrl, place, at, seed: Math.floor(random() * 2 ** 31) }, (ack) => learn(known, ack));
      killed[place]++;
      await verify(folder, moduleUrl, known).catch((error) => {
        throw new Error(`seed ${seed}, round ${round}, killed ${place} write ${at}: ${error.message}`, {
          cause: error,
        });
      });
    }
    return {
      rounds,
      seed,
      writes,
      killed,
      devices: known.devices.size,
      wallets: known.wallets.size,
      rows: known.lives.size,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs a process until it is dead. */
async function killOne({ folder, moduleUrl, place, at, seed }, hear) {
  const args = [SELF, 'child', moduleUrl, folder, place, at, seed].map(String);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let lines = 0;
  for await (const line of createInterface(child.stdout)) {
    hear(JSON.parse(line));
    if (place === 'outside' && ++lines === at) child.kill('SIGKILL');
  }
  const [code, signal] = await closed;
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself: ${code}`);
}

/** Takes in what was acknowledged, or is about to be changed. */
function learn({ devices, wallets, rows, lives, confirmed }, { what, id, wallet, atMs, survivor, firstSeenMs, isNew }) {
  if (what === 'revoked') devices.add(id);
  if (what === 'wallet') wallets.set(wallet, { atMs, survivor });
  if (what === 'confirmed') confirmed.add(id);
  if (what === 'entered') {
    if (isNew && firstSeenMs <= (lives.get(id) ?? -Infinity)) throw new Error(`${id} has begun no later life`);
    lives.set(id, firstSeenMs);
    rows.set(id, firstSeenMs);
  }
  if (what === 'ending') {
    rows.delete(id);
    confirmed.delete(id);
  }
}

async function verify(folder, moduleUrl, known) {
  const copy = copyOfRevoked();
  const store = await openStore(folder, moduleUrl, copy, 0);
  try {
    for (const id of known.devices) expect(copy.keys.has(keyOf(id)), `the revocation of ${id} is lost`);
    for (const [wallet, { atMs }] of known.wallets)
      expect((copy.epochs.get(wallet)?.atMs ?? -Infinity) >= atMs, `the time of ${wallet} is lost`);
    const there = new Map();
    for (const wallet of WALLETS) for (const row of await store.list(wallet)) there.set(row.deviceId, row);
    for (const row of there.values())
      expect(!copy.isRevoked(row.wallet, row), `${row.deviceId} is revoked and has a row`);
    for (const [id, firstSeenMs] of known.rows) {
      const wallet = id.slice(0, 42);
      if (copy.isRevoked(wallet, { deviceId: id, firstSeenMs, certifiedAtMs: Infinity })) continue;
      expect(
        there.get(id)?.firstSeenMs >= firstSeenMs || copy.epochs.get(wallet)?.atMs >= firstSeenMs,
        `the row of ${id} is lost`,
      );
    }
    for (const id of known.confirmed) expect(there.get(id)?.isConfirmed ?? true, `the confirmation of ${id} is lost`);
  } finally {
    await store.close();
  }
}

/** The process that is killed: it changes devices at random, and tells what was acknowledged. */
async function play([moduleUrl, folder, place, at, seed]) {
  const { ClassicLevel } = await import('classic-level');
  const batch = ClassicLevel.prototype.batch;
  let writes = 0;
  ClassicLevel.prototype.batch = async function counted(...args) {
    const isLast = ++writes === Number(at) && place !== 'outside';
    const die = () => process.kill(process.pid, 'SIGKILL');
    if (isLast && place === 'before') die();
    const done = batch.apply(this, args);
    if (isLast && place === 'during') die();
    const answer = await Promise.resolve(done);
    if (isLast && place === 'after') die();
    return answer;
  };
  const random = randomOf(Number(seed));
  const copy = copyOfRevoked();
  const aheadMs = Math.floor((random() - 0.5) * 10_000); // the clock is put forward and back between processes
  const store = await openStore(folder, moduleUrl, copy, aheadMs);
  const pick = (list) => list[Math.floor(random() * list.length)];
  for (let serial = 0; ; serial++) {
    const wallet = pick(WALLETS);
    // some come again and again, and there are always some that were never revoked
    const id = `${wallet}/${(pick([0, Number(seed)]) * DEVICES + Math.floor(random() * DEVICES)).toString(16).padStart(32, '0')}`;
    const nowMs = Date.now() + aheadMs;
    const chance = random();
    if (chance < 0.4) {
      const certifiedAtMs = Math.max(nowMs, copy.epochs.get(wallet)?.atMs ?? 0) + 1;
      const times = { certifiedAtMs, issuedAtMs: nowMs, expiresAtMs: nowMs + LIFE_MS };
      const entered = await store.enter({ deviceId: id, wallet, address: undefined, ...times });
      if (entered instanceof Object)
        tell({ what: 'entered', id, firstSeenMs: entered.row.firstSeenMs, isNew: entered.isNew });
    } else if (chance < 0.55) {
      await store.renew([{ deviceId: id, expiresAtMs: nowMs + LIFE_MS, issuedAtMs: nowMs, address: '192.0.2.1' }]);
    } else if (chance < 0.65) {
      if (await store.edit(id, { isConfirmed: true })) tell({ what: 'confirmed', id });
    } else if (chance < 0.75) {
      tell({ what: 'ending', id });
      await store.remove(id);
    } else if (chance < 0.8) {
      for (const claim of await store.claim(5, LIFE_MS)) await store.finish(claim);
    } else if (chance < 0.98) {
      tell({ what: 'ending', id });
      await store.revoke([{ deviceId: id }]);
      tell({ what: 'revoked', id });
    } else {
      for (const { deviceId } of await store.list(wallet)) if (deviceId !== id) tell({ what: 'ending', id: deviceId });
      await store.revokeWallet(wallet, id);
      tell({ what: 'wallet', wallet, ...copy.epochs.get(wallet) });
    }
  }
}

async function openStore(folder, moduleUrl, listener, aheadMs) {
  const { levelDevices } = await import(moduleUrl);
  const store = levelDevices(folder, {
    onError(error) {
      throw error;
    },
  });
  const settings = {
    nowMs: () => Date.now() + aheadMs,
    idleMs: LIFE_MS,
    unconfirmedMs: LIFE_MS,
    confirmAfterMs: LIFE_MS,
    devicesPerWallet: Infinity,
    devices: 1_000_000,
    cleansUp: true,
    openTimeoutMs: 60_000,
  };
  await store.open(settings, listener);
  return store;
}

/** What a node keeps of what is revoked. */
function copyOfRevoked() {
  const keys = new Set();
  const epochs = new Map();
  return {
    keys,
    epochs,
    revoked(facts) {
      for (const { deviceId, key, wallet, atMs, survivor } of facts) {
        if (deviceId !== undefined) keys.add(keyOf(deviceId));
        else if (key !== undefined) keys.add(Buffer.from(key).toString('base64url'));
        else if (atMs > (epochs.get(wallet)?.atMs ?? -Infinity)) epochs.set(wallet, { atMs, survivor });
      }
    },
    purged() {},
    isRevoked(wallet, { deviceId, firstSeenMs, certifiedAtMs }) {
      const epoch = epochs.get(wallet);
      const isCovered =
        epoch && deviceId !== epoch.survivor && !(firstSeenMs > epoch.atMs && certifiedAtMs > epoch.atMs);
      return keys.has(keyOf(deviceId)) || isCovered === true;
    },
  };
}

function keyOf(deviceId) {
  return createHash('sha256').update(deviceId).digest().subarray(0, 16).toString('base64url');
}

function expect(isSo, message) {
  if (!isSo) throw new Error(message);
}

/** Writes a line so that it is out when this process is killed next. */
function tell(line) {
  const text = `${JSON.stringify(line)}\n`;
  for (let from = 0; from < text.length;) {
    try {
      from += writeSync(1, text.slice(from));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (process.argv[1] === SELF) {
  const [mode, ...rest] = process.argv.slice(2);
  if (mode === 'child') await play(rest);
  else
    console.log(JSON.stringify(await run(Number(mode ?? 100), rest[0] === undefined ? {} : { seed: Number(rest[0]) })));
}
