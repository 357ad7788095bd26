import { mintIdentity, settableClock, testWallets } from 'grpc-wallet-auth/testing';

import { callerOf } from './caller.js';
import { byBoth, byDevice, byTokenHash, type Release } from './releases.js';
import { startNode, type Node } from './start-node.js';
import { Tables } from './tables.js';

/** One step of the move. */
export interface Step {
  /** Hours and minutes since it began. */
  readonly time: string;
  readonly who: string;
  readonly what: string;
  /** What came of it, and how far the mapping is. */
  readonly got: string;
  readonly expected: string;
}

/** Whom the story is told. */
export interface Audience {
  title(text: string): void;
  step(step: Step): void;
}

type NodeName = 'oslo' | 'lima';
const DEVICES = ['phone', 'laptop', 'tablet'] as const;
type DeviceName = (typeof DEVICES)[number];

const MINUTE_MS = 60_000;
/** How long a token may be good that a node has accepted: an hour, and a minute if the clock of its device is ahead. */
const LONGEST_TOKEN_MS = 61 * MINUTE_MS;

/**
 * Moves the queues of a service from hashes of tokens to devices while two nodes are in use: Bob writes to three devices of Alice.
 * Takes a moment: the clock is advanced by hand.
 */
export async function playMove({ title, step: report }: Audience): Promise<void> {
  const clock = settableClock();
  const startMs = clock.now().getTime();
  const tables = new Tables(() => clock.now().getTime());
  const nodes = new Map<NodeName, Node>();
  const { address: wallet } = testWallets.alice;
  const [phone, laptop, tablet] = DEVICES.map((device) => callerOf(mintIdentity({ device }), clock));
  const devices = { phone, laptop, tablet };
  const bob = callerOf(mintIdentity({ wallet: testWallets.bob }), clock);
  const received: Record<DeviceName, string[]> = { phone: [], laptop: [], tablet: [] };

  async function step(who: string, what: string, run: () => Promise<string>, expected: string): Promise<void> {
    const got = await run().catch(String);
    const time = new Date(clock.now().getTime() - startMs).toISOString().slice(11, 16);
    report({ time, who, what, expected, got });
  }
  const addressOf = (name: NodeName) => nodes.get(name)?.address ?? '';

  /** Ends the node, if it runs, and starts it anew. */
  const starts = (name: NodeName, number: number, release: Release, expected: string) =>
    step(
      name,
      `starts with release ${number}`,
      async () => {
        nodes.get(name)?.close();
        nodes.set(name, await startNode(clock, tables, release));
        return tables.progress();
      },
      expected,
    );
  const polls = (device: DeviceName, name: NodeName, expected: string, what = 'polls') =>
    step(
      device,
      `${what} on ${name}`,
      async () => {
        const texts = (await devices[device]?.poll(addressOf(name))) ?? [];
        received[device].push(...texts);
        return `${texts.join(', ') || 'nothing'}; ${tables.progress()}`;
      },
      expected,
    );
  const writes = (text: string, name: NodeName) =>
    step(
      'bob',
      `writes "${text}" on ${name}`,
      () => bob.send(addressOf(name), { wallet, text }).then(() => 'sent'),
      'sent',
    );
  const unmappedLive = (expected: string) =>
    step(
      'tables',
      'have unmapped rows that may be asked for',
      async () => String(tables.unmappedLive(LONGEST_TOKEN_MS)),
      expected,
    );
  const advanceTo = (ms: number) => clock.advance(startMs + ms - clock.now().getTime());

  try {
    title('Before: both nodes find queues by the hash of a token');
    await starts('oslo', 1, byTokenHash, 'mapped 0 of 0');
    await starts('lima', 1, byTokenHash, 'mapped 0 of 0');
    await polls('phone', 'oslo', 'nothing; mapped 0 of 1');
    await polls('laptop', 'lima', 'nothing; mapped 0 of 2');
    await polls('tablet', 'oslo', 'nothing; mapped 0 of 3', 'polls for the last time with this token');
    await writes('one', 'lima');

    title('Step 1: all nodes write both keys, one node after the other');
    advanceTo(10 * MINUTE_MS);
    await starts('oslo', 2, byBoth, 'mapped 0 of 3');
    await polls('phone', 'oslo', 'one; mapped 1 of 3');
    await writes('two', 'lima');
    await polls('phone', 'lima', 'two; mapped 1 of 3');
    await polls('laptop', 'lima', 'one, two; mapped 1 of 3');
    await writes('three', 'oslo');
    await starts('lima', 2, byBoth, 'mapped 1 of 3');
    const allWriteBothMs = clock.now().getTime() - startMs;
    await polls('laptop', 'lima', 'three; mapped 2 of 3');
    await writes('four', 'lima');
    advanceTo(56 * MINUTE_MS);
    await polls('phone', 'oslo', 'three, four; mapped 3 of 4', 'polls with a new token');
    await polls('laptop', 'oslo', 'four; mapped 4 of 5', 'polls with a new token');

    await unmappedLive('1');

    title('Step 2: after the longest life of a token, all rows that may be asked for are mapped');
    advanceTo(allWriteBothMs + LONGEST_TOKEN_MS);
    await unmappedLive('0');
    await polls('tablet', 'lima', 'nothing; mapped 5 of 6', 'polls with a new token');
    await writes('five', 'lima');

    title('Step 3: the switch, one node after the other');
    await starts('oslo', 3, byDevice, 'mapped 5 of 6');
    await polls('phone', 'oslo', 'five; mapped 5 of 6');
    await writes('six', 'oslo');
    await polls('phone', 'lima', 'six; mapped 5 of 6');
    await polls('laptop', 'oslo', 'five, six; mapped 5 of 6');
    await writes('seven', 'lima');
    await polls('laptop', 'oslo', 'seven; mapped 5 of 6');
    await starts('lima', 3, byDevice, 'mapped 5 of 6');
    await step(
      'tables',
      'become one row a device',
      async () => `${tables.finish()} row dropped; ${tables.progress()}`,
      '1 row dropped; mapped 3 of 3',
    );
    await writes('eight', 'oslo');
    advanceTo(112 * MINUTE_MS);
    await polls('phone', 'lima', 'seven, eight; mapped 3 of 3', 'polls with a new token');
    await polls('laptop', 'lima', 'eight; mapped 3 of 3', 'polls with a new token');
    await polls('tablet', 'oslo', 'five, six, seven, eight; mapped 3 of 3');
    title('What each device has received');
    const all = 'one, two, three, four, five, six, seven, eight';
    await step('phone', 'lost nothing', async () => received.phone.join(', '), all);
    await step('laptop', 'lost nothing', async () => received.laptop.join(', '), all);
    const rest = 'five, six, seven, eight';
    await step('tablet', 'lost what its first token alone could ask for', async () => received.tablet.join(', '), rest);
  } finally {
    for (const node of nodes.values()) node.close();
  }
}
