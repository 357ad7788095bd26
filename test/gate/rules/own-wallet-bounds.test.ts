import { create, type DescMessage } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { createGate } from '../../../src/gate/create-gate.js';
import { firstForeign } from '../../../src/gate/rules/first-foreign.js';
import { planOfOptions, planOfPaths, type MessagePlan } from '../../../src/gate/rules/own-wallet.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { builtProto } from '../../support/built-proto.js';
import { compileProto, serviceOf } from '../../support/compile-proto.js';

const alice = testWallets.alice.address;

/** A type that refers to itself by two fields. */
function treeType(): DescMessage {
  const fields = [{ name: 'owner', own: true }, ...['left', 'right'].map((name) => ({ name, message: 'Tree' }))];
  const type = builtProto({ messages: { Tree: fields } }).getMessage('test.v1.Tree');
  if (!type) throw new Error('no type');
  return type;
}

/** A message that goes left or right at each level, as the bits of a number say. */
function branch(type: DescMessage, levels: number, bits: number): object {
  let message: object = create(type, { owner: alice });
  for (let level = 1; level < levels; level++) {
    message = create(type, {
      owner: alice,
      [(bits >> (level % 31)) % 2 === 0 ? 'left' : 'right']: message,
    });
  }
  return message;
}

/** All plans that a plan leads to, itself included. */
function plansOf(plan: MessagePlan): number {
  const seen = new Set([plan]);
  for (const each of seen) for (const { inside } of each) if (inside) seen.add(inside);
  return seen.size;
}

/** Objects with an owner that count how often it is read. */
function countedOwners(count: number) {
  let reads = 0;
  const items = Array.from({ length: count }, () => ({
    get owner() {
      reads++;
      return alice;
    },
  }));
  return { items, reads: () => reads };
}

const mapOfOwners = () =>
  compileProto(`
    service S { rpc M(Request) returns (Request); }
    message Request { map<string, string> by_name = 1 [(walletauth.v1.own_wallet) = true]; }`);

const TOO_DEEP = { reason: 'ACCESS_DENIED', message: 'the request is nested too deeply to be checked' };
const TOO_MANY = { reason: 'ACCESS_DENIED', message: 'the request has too many fields to be checked' };

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('own_wallet on a type that refers to itself by two fields', () => {
  it('has one plan, which messages of a thousand shapes do not add to', () => {
    const type = treeType();
    const plan = planOfOptions(type) ?? [];
    for (let i = 0; i < 1_000; i++)
      expect(firstForeign(plan, branch(type, 90, i * 2_654_435_761), alice)).toBeUndefined();
    expect(plansOf(plan)).toBe(1);
  });

  it('is checked to a depth of 100 messages and refused beyond, whichever way the message goes', () => {
    const type = treeType();
    const plan = planOfOptions(type) ?? [];
    for (const bits of [0, 0x7fffffff, 0x2aaaaaaa]) {
      expect(firstForeign(plan, branch(type, 100, bits), alice)).toBeUndefined();
      expect(thrownBy(() => firstForeign(plan, branch(type, 101, bits), alice))).toMatchObject(TOO_DEEP);
      expect(thrownBy(() => firstForeign(plan, branch(type, 50_000, bits), alice))).toMatchObject(TOO_DEEP);
    }
  });

  it('is refused for a message that holds itself', () => {
    const type = treeType();
    const message = create(type, { owner: alice }) as unknown as Record<string, unknown>;
    message['left'] = message;
    expect(thrownBy(() => firstForeign(planOfOptions(type) ?? [], message, alice))).toMatchObject(TOO_DEEP);
  });

  it('is refused for a full tree, before all of its nodes were looked at', () => {
    let reads = 0;
    const node: object = {
      get owner() {
        reads++;
        return alice;
      },
      get left(): unknown {
        return node;
      },
      right: { $typeName: 'test.v1.Tree', owner: alice },
    };
    expect(thrownBy(() => firstForeign(planOfOptions(treeType()) ?? [], node, alice))).toMatchObject(TOO_DEEP);
    expect(reads).toBe(100);
  });
});

describe('the number of fields of one message that own_wallet looks at', () => {
  const plan = planOfPaths(['items.owner'], undefined);

  it('is enough for 10 000 items', () => {
    const { items, reads } = countedOwners(10_000);
    expect(firstForeign(plan, { items }, alice)).toBeUndefined();
    expect(reads()).toBe(10_000);
  });

  it('is 50 000: the list itself, and each item and its owner', () => {
    expect(firstForeign(plan, { items: countedOwners(24_999).items }, alice)).toBeUndefined();
    expect(thrownBy(() => firstForeign(plan, { items: countedOwners(25_000).items }, alice))).toMatchObject(TOO_MANY);
  });

  it.each([100_000, 200_000])('is bounded for a list of %d items', (count) => {
    const { items, reads } = countedOwners(count);
    expect(thrownBy(() => firstForeign(plan, { items }, alice))).toMatchObject(TOO_MANY);
    expect(reads()).toBeLessThanOrEqual(50_000);
  });

  it('is bounded for lists of text, and for lists in lists', () => {
    const owners = Array.from({ length: 200_000 }, () => alice);
    expect(thrownBy(() => firstForeign(planOfPaths(['owners'], undefined), { owners }, alice))).toMatchObject(TOO_MANY);
    const { items, reads } = countedOwners(1_000);
    const groups = Array.from({ length: 1_000 }, () => ({ items }));
    expect(
      thrownBy(() => firstForeign(planOfPaths(['groups.items.owner'], undefined), { groups }, alice)),
    ).toMatchObject(TOO_MANY);
    expect(reads()).toBeLessThanOrEqual(50_000);
  });

  it('is bounded for maps, of which no more values are read', () => {
    const [root] = serviceOf(mapOfOwners(), 'S').methods;
    const byName: Record<string, unknown> = {};
    let reads = 0;
    const value = { enumerable: true, get: () => ((reads += 1), alice) };
    for (let i = 0; i < 60_000; i++) Object.defineProperty(byName, `k${i}`, value);
    expect(thrownBy(() => firstForeign(planOfOptions(root!.input) ?? [], { byName }, alice))).toMatchObject(TOO_MANY);
    expect(reads).toBeLessThanOrEqual(50_000);
  });

  it('counts empty messages too', () => {
    let looks = 0;
    const empty = { get items() { return looks++, []; } }; // prettier-ignore
    const groups = Array.from({ length: 200_000 }, () => empty);
    expect(
      thrownBy(() => firstForeign(planOfPaths(['groups.items.owner'], undefined), { groups }, alice)),
    ).toMatchObject(TOO_MANY);
    expect(looks).toBeLessThanOrEqual(50_000);
  });

  it('begins anew with each message', () => {
    for (let i = 0; i < 10; i++) {
      expect(firstForeign(plan, { items: countedOwners(9_000).items }, alice)).toBeUndefined();
    }
  });

  it('finds another wallet before it gives up', () => {
    const items = [{ owner: testWallets.bob.address }, ...countedOwners(200_000).items];
    expect(firstForeign(plan, { items }, alice)).toBe('items.owner');
  });
});

describe('a call whose message own_wallet does not finish to check', () => {
  it('ends with ACCESS_DENIED, which says why', () => {
    const gate = createGate({ rules: { '*': { auth: 'public', ownWallet: ['items.owner'] } } });
    const decision = gate.decide({ method: '/a.S/M', peer: '', metadata: undefined, header: () => [] }, undefined);
    if (decision instanceof Promise || !decision.admitted) throw new Error('not expected');
    const status = decision.checkMessage?.({ items: Array.from({ length: 60_000 }, () => ({ owner: [] })) });
    expect(status).toMatchObject({ code: 7, message: TOO_MANY.message });
  });
});
