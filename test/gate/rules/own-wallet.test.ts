import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { WhoAmIResponseSchema } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { firstForeign } from '../../../src/gate/rules/first-foreign.js';
import { planOfPaths } from '../../../src/gate/rules/own-wallet.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { hostileValues } from '../../support/hostile-values.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const foreign = (path: string, message: unknown, wallet: string | undefined = alice) =>
  firstForeign(planOfPaths([path], undefined), message, wallet);

/** What google-protobuf makes: getters, and `List` behind the names of repeated fields. */
class Jspb {
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[]) {
    this.values = values;
  }
  getOwnerId(): unknown {
    return this.values[0];
  }
  getItemsList(): readonly unknown[] {
    return this.values.slice(1);
  }
}

describe('paths', () => {
  it.each<[string, string, unknown]>([
    ['proto-loader or ts-proto in camel case', 'owner_id', { ownerId: alice }],
    ['proto-loader that keeps the case', 'owner_id', { owner_id: alice }],
    ['a path in camel case', 'ownerId', { ownerId: alice }],
    ['a name with two underscores', 'owner__id', { ownerId: alice }],
    ['google-protobuf', 'owner_id', new Jspb([alice])],
    ['lists of google-protobuf', 'items.owner_id', new Jspb([bob, new Jspb([alice]), new Jspb([alice])])],
    ['lists', 'owners', { owners: [alice, alice.toLowerCase()] }],
    ['an empty list', 'owners', { owners: [] }],
    ['messages inside', 'a.b.owner', { a: { b: { owner: alice } } }],
    ['messages in lists', 'a.b.owner', { a: [{ b: [{ owner: alice }] }, { b: [] }] }],
    ['protobuf-es', 'wallet', create(WhoAmIResponseSchema, { wallet: alice })],
  ])('reach into messages of %s', (_, path, message) => {
    expect(foreign(path, message)).toBeUndefined();
  });

  it.each<[string, string, string, unknown]>([
    ['another wallet', 'owner', 'owner', { owner: bob }],
    ['one of a list', 'owners', 'owners', { owners: [alice, bob] }],
    ['one in a list', 'items.owner', 'items.owner', { items: [{ owner: alice }, { owner: bob }] }],
    ['a list of google-protobuf', 'items.owner_id', 'items.owner_id', new Jspb([alice, new Jspb([bob])])],
    ['protobuf-es', 'wallet', 'wallet', create(WhoAmIResponseSchema, { wallet: bob })],
    ['nothing', 'owner', 'owner', {}],
    ['null, as of proto-loader', 'a.owner', 'a', { a: null }],
    ['nothing on the way', 'a.b.owner', 'a.b', { a: {} }],
    ['null in a list of messages', 'a.owner', 'a.owner', { a: [null] }],
    ['nothing in a list of messages', 'a.owner', 'a.owner', { a: [undefined] }],
    ['an own address in place of a message', 'a.value_of', 'a.value_of', { a: alice }],
    ['an own address that is no text', 'owner', 'owner', { owner: Buffer.from(alice.slice(2), 'hex') }],
    ['an own address in an object', 'owner', 'owner', { owner: { toString: () => alice } }],
    ['an own address in a box', 'owner', 'owner', { owner: Object(alice) }],
    ['an address with space', 'owner', 'owner', { owner: ` ${alice}` }],
    ['an address without 0x', 'owner', 'owner', { owner: alice.slice(2) }],
  ])('find %s', (_, path, found, message) => {
    expect(foreign(path, message)).toBe(found);
  });

  it.each(hostileValues.filter(([name]) => name !== 'an empty list'))('find no wallet in %s', (_, value) => {
    for (const [path, message] of [
      ['owner', value],
      ['owner', { owner: value }],
      ['a.owner', { a: value }],
    ] as const) {
      expect(thrownOr(() => foreign(path, message))).not.toBeUndefined();
    }
  });

  it('match nobody for a caller who is not known', () => {
    for (const owner of [alice, '', 'undefined', undefined]) {
      expect(firstForeign(planOfPaths(['owner'], undefined), { owner }, undefined)).toBe('owner');
    }
  });

  it('are looked at in their order', () => {
    const plan = planOfPaths(['a', 'b'], undefined);
    expect(firstForeign(plan, { a: bob, b: bob }, alice)).toBe('a');
    expect(firstForeign(plan, { a: alice, b: bob }, alice)).toBe('b');
  });
});

function thrownOr(look: () => unknown): unknown {
  try {
    return look();
  } catch (error) {
    return error;
  }
}
