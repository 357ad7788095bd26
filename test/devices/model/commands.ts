import fc from 'fast-check';

import type { LeaseKind } from '../../../src/devices/leases/lease.js';
import { CAST, OWNERS, deviceNamed, walletOfOwner, type CastDevice, type DeviceName } from './cast.js';
import { settled } from './model-clock.js';
import type { ModelNode } from './model-node.js';
import type { CleanUpMood, ModelWorld } from './model-world.js';

/** Something that happens. It is a sentence, so that a counter-example can be read. */
export interface Command {
  readonly says: string;
  run(world: ModelWorld): unknown;
}

const node = fc.integer({ min: 1, max: 3 });
const device = fc.constantFrom<DeviceName>('phone', 'phone', 'phone', 'phone', ...CAST.map(({ name }) => name));
const owner = fc.constantFrom(...OWNERS);

const LIVES = { 'a short': 30_000, 'a new': 600_000, 'a long': 3 * 3_600_000 } as const;
const life = fc.constantFrom(...(Object.keys(LIVES) as (keyof typeof LIVES)[]));
const token = fc.oneof(
  { weight: 3, arbitrary: life.map((name) => ({ which: 'new' as const, name: `${name} token` })) },
  { weight: 2, arbitrary: fc.constant({ which: 'last' as const, name: 'its last token' }) },
  { weight: 1, arbitrary: fc.constant({ which: 'first' as const, name: 'its first token' }) },
);

type Token = { readonly which: 'new' | 'last' | 'first'; readonly name: string };

const calls = (n: number, name: DeviceName, { which, name: tokenName }: Token): Command => ({
  says: `node ${n}: ${name} calls with ${tokenName}`,
  run: (world) => void world.node(n).call(world.token(name, which, lifeOf(tokenName))),
});
const call = fc.tuple(node, device, token).map(([n, name, how]) => calls(n, name, how));

const KINDS: Record<string, LeaseKind> = {
  'a stream': 'while-renewed',
  'a stream that no token ends': 'at-open',
  'a stream for one token': 'until-expiry',
};

const opens = (n: number, name: DeviceName, { which, name: tokenName }: Token, kind: string): Command => ({
  says: `node ${n}: ${name} opens ${kind} with ${tokenName}`,
  run: (world) => void world.node(n).openStream(world.token(name, which, lifeOf(tokenName)), KINDS[kind]!),
});
const openStream = fc
  .tuple(node, device, token, fc.constantFrom('a stream', ...Object.keys(KINDS)))
  .map(([n, name, how, kind]) => opens(n, name, how, kind));

const closeStreams = fc.tuple(node, device).map(([n, name]): Command => ({
  says: `node ${n}: ${name} closes its streams`,
  run: (world) => world.node(n).closeStreams(deviceNamed(name)),
}));

const makeValue = fc.tuple(node, device).map(([n, name]): Command => ({
  says: `node ${n}: ${name} gets a value in a deviceMap`,
  run: (world) => world.node(n).makeValue(deviceNamed(name)),
}));

const revoke = fc.tuple(node, device).map(([n, name]): Command => ({
  says: `node ${n}: ${name} is revoked`,
  run(world) {
    const at = world.node(n);
    const { id: deviceId } = deviceNamed(name);
    const revoked = world.ledger.coverageOf({ deviceId });
    const answer = at.devices.revoke(deviceId);
    at.learns(revoked, true, () => true); // at once, whatever the store says
    unhandled(world, at, answer);
  },
}));

const revokeWallet = fc.tuple(node, owner).map(([n, name]): Command => ({
  says: `node ${n}: all devices of ${name} are revoked`,
  run: (world) => void revokeAll(world, n, walletOfOwner(name), undefined),
}));

const revokeOthers = fc.tuple(node, device).map(([n, name]): Command => ({
  says: `node ${n}: all devices of the owner but ${name} are revoked`,
  run: (world) => void revokeAll(world, n, deviceNamed(name).wallet, deviceNamed(name).id),
}));

const removed = (n: number, name: DeviceName): Command => ({
  says: `node ${n}: ${name} is removed`,
  run: (world) => unhandled(world, world.node(n), world.node(n).devices.remove(deviceNamed(name).id)),
});
const remove = fc.tuple(node, device).map(([n, name]) => removed(n, name));

const confirm = fc.tuple(node, device).map(([n, name]): Command => ({
  says: `node ${n}: ${name} is confirmed`,
  run: (world) => unhandled(world, world.node(n), world.node(n).devices.confirm(deviceNamed(name).id)),
}));

const TIMES = { '50 ms': 50, '1 s': 1_000, '3 s': 3_000, '15 s': 15_000, '1 min': 60_000, '10 min': 600_000 } as const;
const passes = (time: keyof typeof TIMES): Command => ({
  says: `${time} pass${time.startsWith('1 ') ? 'es' : ''}`,
  run: (world) => world.pass(TIMES[time]),
});
const pass = fc.constantFrom(...(Object.keys(TIMES) as (keyof typeof TIMES)[])).map(passes);

const connected = (n: number, isConnected: boolean): Command => ({
  says: `node ${n} ${isConnected ? 'has its connection again' : 'loses its connection'}`,
  run: (world) => void (world.node(n).link.isConnected = isConnected),
});
const connection = fc.tuple(node, fc.boolean()).map(([n, isConnected]) => connected(n, isConnected));

const outage = fc.boolean().map((isUp): Command => ({
  says: isUp ? 'the store answers again' : 'the store does not answer any more',
  run: (world) => void (world.store.isUp = isUp),
}));

const lostAnswers = fc.tuple(node, fc.constantFrom(1, 3)).map(([n, count]): Command => ({
  says: `the next ${count === 1 ? 'answer' : `${count} answers`} to node ${n} will be lost`,
  run: (world) => world.loseAnswers(n, count),
}));

const slow = fc.constantFrom(0, 90, 150, 400).map((ms): Command => ({
  says: ms === 0 ? 'answers come at once' : `questions and answers take up to ${ms} ms each, in any order`,
  run: (world) => world.slow(ms),
}));

const lateLog = fc.boolean().map((delivers): Command => ({
  says: delivers ? 'the log is delivered at once' : 'the log comes late',
  run: (world) => void (world.store.delivers = delivers),
}));

const MEND: Command = { says: 'the store and all connections work again', run: (world) => world.mend() };
const TRIM: Command = { says: 'the log is trimmed', run: (world) => world.store.trim() };

const lose: fc.Arbitrary<Command> = fc.constantFrom(
  { says: 'the store loses all it has', run: (world: ModelWorld) => world.lose(false) },
  { says: 'the store falls back to its backup', run: (world: ModelWorld) => world.lose(true) },
  { says: 'the store makes a backup', run: (world: ModelWorld) => world.backUp() },
);

const restart = fc.tuple(node, fc.boolean()).map(([n, isCrash]): Command => ({
  says: `node ${n} ${isCrash ? 'crashes' : 'is closed'} and starts anew`,
  run: (world) => world.restart(n, isCrash),
}));

const cleanUp = (mood: CleanUpMood): Command => ({
  says: `clean-ups ${mood} from now on`,
  run: (world) => void (world.mood = mood),
});
const cleanUps = fc.constantFrom<CleanUpMood>('succeed', 'fail', 'hang', 'take 90 s').map(cleanUp);

const endHanging = fc.boolean().map((isGood): Command => ({
  says: `clean-ups that run ${isGood ? 'succeed' : 'fail'} now`,
  run: (world) => world.endHanging(isGood),
}));

const SHORT: Token = { which: 'new', name: 'a short token' };
const LONG: Token = { which: 'new', name: 'a long token' };

/** What has to come in a row, of one device on two nodes, to matter; any part of it may be missing. */
const scene = fc.tuple(device, node, fc.integer({ min: 1, max: 2 }), fc.nat(3)).chain(([name, n, further, which]) => {
  const m = ((n + further - 1) % 3) + 1;
  const scenes: Command[][] = [
    [calls(m, name, SHORT), opens(n, name, SHORT, 'a stream'), calls(m, name, LONG), passes('1 min')],
    [calls(n, name, LONG), connected(n, false), removed(m, name), TRIM, connected(n, true)],
    [calls(n, name, LONG), connected(n, false), removed(m, name), calls(m, name, LONG), connected(n, true)],
    [
      cleanUp('take 90 s'),
      calls(n, name, LONG),
      removed(n, name),
      passes('1 min'),
      calls(m, name, LONG),
      passes('1 min'),
    ],
  ];
  return fc.subarray(scenes[which]!);
});

/** One of everything that can happen. */
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: call },
  { weight: 7, arbitrary: openStream },
  { weight: 1, arbitrary: closeStreams },
  { weight: 2, arbitrary: makeValue },
  { weight: 3, arbitrary: revoke },
  { weight: 2, arbitrary: revokeWallet },
  { weight: 2, arbitrary: revokeOthers },
  { weight: 3, arbitrary: remove },
  { weight: 1, arbitrary: confirm },
  { weight: 9, arbitrary: pass },
  { weight: 3, arbitrary: connection },
  { weight: 2, arbitrary: outage },
  { weight: 2, arbitrary: lostAnswers },
  { weight: 2, arbitrary: slow },
  { weight: 2, arbitrary: lateLog },
  { weight: 2, arbitrary: fc.constant(TRIM) },
  { weight: 4, arbitrary: fc.constant(MEND) },
  { weight: 2, arbitrary: lose },
  { weight: 2, arbitrary: restart },
  { weight: 2, arbitrary: cleanUps },
  { weight: 1, arbitrary: endHanging },
);

/** What happens, one after the other. */
export const anyScript: fc.Arbitrary<readonly Command[]> = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: anyCommand.map((command) => [command]) },
      { weight: 1, arbitrary: scene },
      { weight: 1, arbitrary: fc.constant([MEND]) },
    ),
    { maxLength: 40, size: 'max' },
  )
  .map((parts) => parts.flat());

/** Runs one, and lets what it began go on as far as it can. */
export async function runCommand(world: ModelWorld, command: Command): Promise<void> {
  world.noteFaults();
  world.clock.turn++;
  await command.run(world);
  await settled();
  world.noteFaults();
  world.check();
}

function lifeOf(tokenName: string): number {
  return LIVES[tokenName.replace(' token', '') as keyof typeof LIVES] ?? LIVES['a new'];
}

/** Revokes a wallet, and has the node know what it must refuse then: what the store told it, or what it has itself. */
async function revokeAll(world: ModelWorld, n: number, wallet: string, survivor: string | undefined): Promise<void> {
  const at = world.node(n);
  const { ledger } = world;
  ledger.touched.add(wallet);
  const others = CAST.filter((each) => each.wallet === wallet && each.id !== survivor);
  const recordOf = ({ id }: CastDevice) => at.inside.state.records.get(id);
  const before = others.map((each) => ({ name: each.name, record: recordOf(each), each }));
  let refused: CastDevice[] = [];
  let told: CastDevice[] = [];
  const stop = at.devices.on('wallet-revoked', (event) => {
    if (event.wallet !== wallet || at.isBeingTold) return;
    if (survivor !== undefined) at.hearsOfSurvivor(survivor);
    told = others.filter((each) => recordOf(each) !== undefined);
    refused = others.filter((each) => told.includes(each) || ledger.certifiedUntil(each.name, at.nowMs));
  });
  try {
    await (survivor === undefined ? at.devices.revokeWallet(wallet) : at.devices.revokeOthers(survivor));
    for (const { each, name, record } of before)
      if (at.isAlive && at.inside.state.isOpen && record !== undefined && recordOf(each) === record)
        ledger.fail(`node ${n} answered that it had revoked ${name}, and did not know`);
  } catch {
    at.learns(
      refused.map(({ name }) => name),
      false,
      (each) => told.includes(each),
    );
  } finally {
    stop();
  }
}

/** What the store does not acknowledge, or what is refused, is no fault. */
function unhandled(world: ModelWorld, at: ModelNode, answer: Promise<unknown>): void {
  answer.catch((error: unknown) => {
    if ((error as { reason?: string }).reason !== 'AUTH_UNAVAILABLE')
      world.ledger.fail(`node ${at.number} answered ${String(error)}`);
  });
}
