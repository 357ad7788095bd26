import { nativeCurve } from 'grpc-wallet-auth/curves';

import { createDeviceRegistry, memoryDevices } from '../../build/src/devices/index.js';
import { insideOf } from '../../build/src/devices/inside.js';
import { createGate } from '../../build/src/gate/index.js';
import { walletIdentity } from '../../build/src/identity.js';
import { memoryInUse } from '../memory-in-use.js';
import { pairs } from '../pairs.js';
import { line } from '../table.js';
import { curveWork, header, identities } from '../tokens.js';

const METHOD = '/walletauth.demo.v1.DemoService/WhoAmI';
const WALLETS = 64;
const MANY = 100_000;
const HOUR_MS = 3_600_000;
const KEY = new Uint8Array(65);

/** What a registry of devices adds to calls, and what it keeps for each device. */
export const rows = {
  async registry() {
    return [...(await cachedTokens()), ...(await memory()), ...(await firstSight())];
  },
};

/** The same tokens in turns, with a registry and without. */
async function cachedTokens() {
  const curve = nativeCurve();
  const headers = (await identities(WALLETS)).map((identity) => header(identity));
  const devices = await createDeviceRegistry();
  const plain = createGate({ curve });
  const withRegistry = createGate({ curve, devices });
  for (const each of headers) await withRegistry.decide(callOf(), each); // the first call of each device
  const { without, withOne } = await pairs({
    without: inTurns(headers, (each) => admitted(plain.decide(callOf(), each))),
    withOne: inTurns(headers, (each) => admitted(withRegistry.decide(callOf(), each))),
  });
  await devices.close();
  const figures = { ...withOne, ns: withOne.ns - without.ns };
  return [line('added by a registry, cached token', 'the decision without', figures, { nsAtMost: 300 })];
}

/** Devices that made one call each: what the node has of them, and the rows of a store in this process beside it. */
async function memory() {
  const half = await bytesOfEach(rowsElsewhere());
  const all = await bytesOfEach(memoryDevices());
  const sizeOf = (amount) => ({ ratio: amount / 512, amount, unit: 'bytes' });
  return [
    line(`record, index and deadline of each of ${MANY} devices`, '512 bytes', sizeOf(half), { ratioAtMost: 1 }),
    line('the same with its row in the memory store', '512 bytes', sizeOf(all)),
  ];
}

async function bytesOfEach(store) {
  const before = memoryInUse();
  const devices = await createDeviceRegistry({ store });
  const node = insideOf(devices);
  for (let i = 0; i < MANY; i++) await enter(node, identityOf(i));
  if (devices.health().records !== MANY) throw new Error(`${devices.health().records} records instead of ${MANY}`);
  const bytes = memoryInUse() - before;
  await devices.close();
  return bytes / MANY;
}

/** A device's first call after all other checks: its row in the memory store and its record. */
async function firstSight() {
  const devices = await createDeviceRegistry({ bounds: { records: 10_000_000, devices: 10_000_000 } });
  const node = insideOf(devices);
  const [identity] = await identities(1);
  const { verify } = curveWork(header(identity));
  const curve = nativeCurve();
  let count = 0;
  const { making, first } = await pairs({
    check: () => verify(curve),
    making: () => identityOf(count++),
    first: () => enter(node, identityOf(count++)),
  });
  await devices.close();
  const figures = { ns: first.ns - making.ns, ratio: first.ratio - making.ratio };
  return [line('first sight of a device, memory store', 'one native signature check', figures, { ratioAtMost: 0.5 })];
}

async function enter(node, identity) {
  node.present(identity);
  await node.enter(identity, undefined, false, 0);
}

/** A store that says of every device that it is new, and keeps nothing. */
function rowsElsewhere() {
  const nothing = async () => undefined;
  return {
    open: nothing,
    close: nothing,
    renew: nothing,
    purge: async () => [],
    async enter({ issuedAtMs: firstIssuedMs, ...facts }) {
      const row = { ...facts, firstIssuedMs, firstSeenMs: firstIssuedMs, seenMs: firstIssuedMs };
      return { row: { ...row, isConfirmed: false, label: '' }, isNew: true };
    },
  };
}

/** Who calls, as a verified token tells; every number is another device of another wallet. */
function identityOf(number) {
  const wallet = ['0x', hex(number, 40)].join(''); // joined, as the verifier does: one flat text
  const deviceId = [wallet, hex(number, 32)].join('/');
  const [issuedAtMs, certifiedAtMs] = [Date.now(), Date.now() - HOUR_MS];
  return walletIdentity({
    wallet,
    deviceId,
    identityKey: KEY,
    certifiedAtMs,
    issuedAtMs,
    expiresAtMs: issuedAtMs + HOUR_MS,
  });
}

function callOf() {
  return { method: METHOD, peer: '203.0.113.7:50101', metadata: undefined, header: () => [] };
}

function admitted(decision) {
  if (!decision.admitted) throw new Error(`refused: ${decision.status?.message}`);
  return decision;
}

function inTurns(list, use) {
  let turn = 0;
  return () => use(list[turn++ % list.length]);
}

function hex(number, digits) {
  return number.toString(16).padStart(digits, '0');
}
