import { DeadlineHeap } from '../../build/src/devices/leases/deadline-heap.js';
import { createLeases } from '../../build/src/devices/leases/leases.js';
import { createEpochs } from '../../build/src/devices/revocation/epochs.js';
import { createRevocationSet, revocationKey } from '../../build/src/devices/revocation/revocations.js';
import { systemTimers } from '../../build/src/options.js';
import { memoryInUse } from '../memory-in-use.js';
import { pairs } from '../pairs.js';
import { line } from '../table.js';

const SIZES = [1_000, 100_000];
const [FEW, MANY] = SIZES;
const MILLION = 1_000_000;
const PRIME = 7_919; // steps of this size reach every place, and no two neighbours in a row
const HOUR_MS = 3_600_000;

/** Time and memory of what a node keeps for devices, while their number grows. */
export const rows = {
  async devices() {
    return [revokedWallets(), ...(await revocations()), ...(await heap()), ...(await leases())];
  },
};

async function revocations() {
  const [few, million] = [FEW, MILLION].map((size) => {
    const before = memoryInUse();
    const set = createRevocationSet(size);
    for (let i = 0; i < size; i++) set.add(deviceId(i));
    if (set.size !== size) throw new Error(`${set.size} revocations instead of ${size}`);
    return { set, amount: (memoryInUse() - before) / 2 ** 20 };
  });
  // of a million that are revoked and a million that are not
  const ids = Array.from({ length: MANY }, (_, i) => deviceId((i * 2 * MILLION) / MANY));
  const { hash, ...among } = await pairs({
    hash: inTurns(ids, revocationKey),
    few: inTurns(ids, few.set.has),
    million: inTurns(ids, million.set.has),
  });
  const { ns, ratio } = among.million;
  const size = { ratio: million.amount / 64, amount: million.amount, unit: 'MiB' };
  return [
    line(
      `look-up among ${MILLION} revocations`,
      `${FEW} revocations`,
      { ns, ratio: ns / among.few.ns },
      { ratioAtMost: 2 },
    ),
    line(
      'what is not the hash of the id',
      'the hash of the id',
      { ns: ns - hash.ns, ratio: ratio - 1 },
      { ratioAtMost: 1 },
    ),
    line(`memory of ${MILLION} revocations`, '64 MiB', size, { ratioAtMost: 1 }),
  ];
}

function revokedWallets() {
  const before = memoryInUse();
  const epochs = createEpochs();
  for (let i = 0; i < MANY; i++) epochs.merge(wallet(i), Date.now(), deviceId(i));
  if (epochs.size !== MANY) throw new Error(`${epochs.size} wallets instead of ${MANY}`);
  const amount = (memoryInUse() - before) / MANY;
  return line(`memory of each of ${MANY} revoked wallets`, '512 bytes', { ratio: amount / 512, amount, unit: 'bytes' });
}

/** The earliest comes out, and goes in again at a later time. */
async function heap() {
  const item = {};
  const filled = SIZES.map((size) => {
    const before = memoryInUse();
    const deadlines = new DeadlineHeap();
    for (let i = 0; i < size; i++) deadlines.push((i * PRIME) % size, item);
    return { deadlines, size, amount: (memoryInUse() - before) / size };
  });
  const { [MANY]: many } = await pairs(
    Object.fromEntries(
      filled.map(({ deadlines, size }) => {
        let turn = 0;
        return [size, () => deadlines.push(deadlines.pop().atMs + ((turn++ * PRIME) % size), item)];
      }),
    ),
  );
  const { amount } = filled.at(-1);
  return [
    line(`push and pop among ${MANY} deadlines`, `${FEW} deadlines`, many, { ratioAtMost: 4 }),
    line(`memory of each of ${MANY} deadlines`, '64 bytes', { ratio: amount / 64, amount, unit: 'bytes' }),
  ];
}

/** Devices with a stream each present a newer token, or one as old as the newest; other devices open a stream and end it. */
async function leases() {
  const start = Date.now() + HOUR_MS;
  const [few, many] = SIZES.map((size) => {
    const all = createLeases({ graceMs: 30_000, nowMs: Date.now, timers: systemTimers });
    const held = (i) => all.hold(stream(deviceId(i), start + ((i * PRIME) % HOUR_MS)));
    return { all, release: Array.from({ length: size }, (_, i) => held(i)) };
  });
  // in a server the id of a newer token is another string of the same characters
  const ids = Array.from({ length: MANY }, (_, i) => deviceId(i));
  const map = new Map(Array.from({ length: MANY }, (_, i) => [deviceId(i), i]));
  let later = start + 2 * HOUR_MS;
  const { newer, same } = await pairs({
    map: inTurns(ids, (id) => map.get(id)),
    newer: inTurns(ids, (id) => many.all.renew(id, later++)),
    same: inTurns(ids, (id) => many.all.renew(id, start)),
  });
  const others = Array.from({ length: FEW }, (_, i) => stream(deviceId(MANY + i), start));
  const opened = await pairs({
    few: inTurns(others, (other) => few.all.hold(other)()),
    many: inTurns(others, (other) => many.all.hold(other)()),
  });
  for (const { all, release } of [few, many]) {
    for (const each of release) each();
    if (all.streams !== 0) throw new Error(`${all.streams} streams are left`);
  }
  return [
    line(`lease renewed among ${MANY} devices`, 'a Map look-up of as many', newer, { ratioAtMost: 4 }),
    line('the same, no newer token', 'that look-up', same, { ratioAtMost: 3 }),
    line(`stream opened and ended among ${MANY} devices`, `${FEW} devices`, opened.many, { ratioAtMost: 4 }),
  ];
}

function stream(id, expiresAtMs) {
  return { kind: 'while-renewed', deviceId: id, expiresAtMs, end: () => undefined };
}

/** One flat string, as it comes out of a verified token. */
function wallet(number) {
  return ['0x', hex(number, 40)].join('');
}

function deviceId(number) {
  return [wallet(number), hex(number, 32)].join('/');
}

function hex(number, digits) {
  return number.toString(16).padStart(digits, '0');
}

/** Uses the elements of a list endlessly, neighbours never in a row. */
function inTurns(list, use) {
  let turn = 0;
  return () => use(list[(turn++ * PRIME) % list.length]);
}
