import { create } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';

import { Stream } from '../../../gen/walletauth/v1/options_pb.js';
import { checkRules } from '../../../src/gate/rules/check-rules.js';
import type { AuthRules } from '../../../src/gate/rules/declared-rules.js';
import { firstForeign } from '../../../src/gate/rules/first-foreign.js';
import { planOfOptions } from '../../../src/gate/rules/own-wallet.js';
import { methodPolicy, servicePolicy } from '../../../src/gate/rules/proto-policy.js';
import { compileRules } from '../../../src/gate/rules/rule-table.js';
import { methodsOf } from '../../../src/gate/rules/service-methods.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { builtProto, builtService, type OptionInit } from '../../support/built-proto.js';
import { compileProto, serviceOf } from '../../support/compile-proto.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;

let registry: ReturnType<typeof compileProto>;
beforeAll(() => {
  registry = compileProto(`
    service Notes {
      option (walletauth.v1.service) = {auth: AUTH_OPTIONAL, cost: 3, limit: "notes", charge_messages: true};
      rpc Bare(Empty) returns (Empty);
      rpc Open(Empty) returns (Empty) { option (walletauth.v1.method) = {auth: AUTH_PUBLIC, cost: 0}; }
      rpc Named(Empty) returns (Empty) { option (walletauth.v1.method) = {limit: "rare"}; }
      rpc Own(Item) returns (Empty) { option (walletauth.v1.method).auth = AUTH_REQUIRED; }
      rpc All(Everything) returns (Empty);
    }
    service Plain { rpc Bare(Empty) returns (Empty); }
    service WrongKind { rpc Call(Number) returns (Empty); }
    service WrongAuth { rpc Call(Empty) returns (Empty) { option (walletauth.v1.method).auth = AUTH_PUBLIC; } }
    service WrongLimit { option (walletauth.v1.service).limit = ""; rpc Call(Empty) returns (Empty); }
    message Empty {}
    message Number { uint32 count = 1 [(walletauth.v1.own_wallet) = true]; }
    message Item { string owner_id = 1 [(walletauth.v1.own_wallet) = true]; string text = 2; }
    message Tree { string owner = 1 [(walletauth.v1.own_wallet) = true]; repeated Tree branches = 2; }
    message Everything {
      optional string said = 1 [(walletauth.v1.own_wallet) = true];
      repeated string owners = 2 [(walletauth.v1.own_wallet) = true];
      map<string, string> by_name = 3 [(walletauth.v1.own_wallet) = true];
      Item item = 4;
      repeated Item items = 5;
      map<string, Item> items_by_name = 6;
      oneof choice { string chosen = 7 [(walletauth.v1.own_wallet) = true]; Item chosen_item = 8; string other = 9; }
      Tree tree = 10;
      Empty empty = 11;
      string free = 12 [(walletauth.v1.own_wallet) = false];
    }`);
});

const method = (service: string, name: string) => {
  const desc = serviceOf(registry, service).methods.find((each) => each.name === name);
  if (!desc) throw new Error(name);
  return desc;
};

const serviceWith = (option: OptionInit) =>
  builtService(builtProto({ messages: {}, services: { S: { option, methods: {} } } }));

describe('the options of methods and services', () => {
  it('say what stands in them and nothing else', () => {
    expect(servicePolicy(serviceOf(registry, 'Notes'))).toEqual({
      auth: 'optional',
      cost: 3,
      limit: 'notes',
      chargeMessages: true,
    });
    expect(methodPolicy(method('Notes', 'Open'))).toEqual({ auth: 'public', cost: 0 });
    expect(methodPolicy(method('Notes', 'Named'))).toEqual({ limit: 'rare' });
    expect(methodPolicy(method('Notes', 'Bare'))).toBeUndefined();
    expect(servicePolicy(serviceOf(registry, 'Plain'))).toBeUndefined();
  });

  it.each([
    ['WrongKind', 'field test.v1.Number.count: own_wallet is for text'],
    ['WrongLimit', "service test.v1.WrongLimit: the option's limit must be a name"],
  ])('of %s are refused, by name', (service, message) => {
    const methods = methodsOf([serviceOf(registry, service)]);
    expect(() => compileRules({}, { methods })).toThrow(new TypeError(message));
  });

  it.each([
    [Stream.UNSPECIFIED, undefined],
    [Stream.AT_OPEN, 'at-open'],
    [Stream.UNTIL_EXPIRY, 'until-expiry'],
    [Stream.WHILE_RENEWED, 'while-renewed'],
  ])('say with stream %i how long a stream may stay open: %s', (stream, rule) => {
    expect(servicePolicy(serviceWith({ stream }))?.stream).toBe(rule);
  });

  it('with a stream of a later version are refused, by name', () => {
    expect(() => servicePolicy(serviceWith({ stream: 9 as Stream }))).toThrow(
      new TypeError("service test.v1.S: the option's stream 9 is unknown to this version"),
    );
  });

  it('say with require what tokens must carry', () => {
    const { require } = servicePolicy(serviceWith({ require: { audience: true, maxLifetimeMs: 60_000n } })) ?? {};
    expect(require).toEqual({ audience: true, challenge: false, maxLifetimeMs: 60_000 });
    expect(servicePolicy(serviceWith({ cost: 1 }))?.require).toBeUndefined();
    expect(() => servicePolicy(serviceWith({ require: { maxLifetimeMs: 2n ** 63n } }))).toThrow(
      /service test.v1.S: the option's require.maxLifetimeMs must be an integer/,
    );
  });

  it('of a later version are refused, by name', () => {
    const service = serviceOf(registry, 'WrongAuth');
    const [desc] = service.methods;
    const unknown = desc!.proto.options!.$unknown!.map((field) => ({
      ...field,
      data: field.data.map((byte, i) => (i === field.data.length - 1 ? 9 : byte)),
    }));
    desc!.proto.options!.$unknown = unknown;
    expect(() => compileRules({}, { methods: methodsOf([service]) })).toThrow(
      new TypeError("rpc test.v1.WrongAuth.Call: the option's auth 9 is unknown to this version"),
    );
  });
});

describe('rules of both kinds together', () => {
  const table = (rules?: AuthRules) => compileRules(rules, { methods: methodsOf([serviceOf(registry, 'Notes')]) });

  it('take each property from the method option, then the service option, then the default', () => {
    const words = (name: string) => {
      const { auth, cost, limit, chargeMessages, source, pattern } = table().ruleOf(`/test.v1.Notes/${name}`);
      return { auth, cost, limit, chargeMessages, source, pattern };
    };
    const service = { auth: 'optional', cost: 3, limit: 'notes', chargeMessages: true, source: 'service option' };
    expect(words('Bare')).toEqual({ ...service, pattern: 'test.v1.Notes/*' });
    expect(words('Named')).toEqual({ ...service, limit: 'rare', pattern: 'test.v1.Notes/*' });
    const open = { auth: 'public', cost: 0, source: 'method option', pattern: '/test.v1.Notes/Open' };
    expect(words('Open')).toEqual({ ...service, ...open });
    const other = table().ruleOf('/test.v1.Other/Bare');
    expect(other).toMatchObject({ auth: 'required', cost: 1, limit: 'default', source: 'default' });
  });

  it('let code override options property by property, whichever is more specific', () => {
    const rules = table({
      '*': { auth: 'public', cost: 50, limit: 'all' },
      'test.v1.Notes/*': { cost: 7 },
      'test.v1.Notes/Named': 'required',
      'test.v1.Notes/Own': { ownWallet: [] },
    });
    expect(rules.ruleOf('/test.v1.Notes/Bare')).toMatchObject({ auth: 'public', cost: 7, limit: 'all' });
    expect(rules.ruleOf('/test.v1.Notes/Open')).toMatchObject({ auth: 'public', cost: 7, chargeMessages: true });
    expect(rules.ruleOf('/test.v1.Notes/Named')).toMatchObject({ auth: 'required', cost: 7, limit: 'all' });
    expect(rules.ruleOf('/test.v1.Notes/Own').ownWallet).toBeUndefined();
    expect(rules.ruleOf('/other.Service/Call')).toMatchObject({ auth: 'public', cost: 50, limit: 'all' });
  });

  it('show in checkRules where each came from', () => {
    const rules = table({ 'test.v1.Notes/Bare': { cost: 2 }, 'test.v1.Notes/Own': 'public' });
    const paths = (...names: string[]) => names.map((name) => `/test.v1.Notes/${name}`);
    expect(checkRules(rules, [...paths('Bare', 'Open', 'Named', 'Own', 'All'), '/a.S/M']).rules).toEqual([
      { pattern: 'test.v1.Notes/Bare', source: 'code', auth: undefined, methods: paths('Bare'), overridden: [] },
      { pattern: 'test.v1.Notes/Own', source: 'code', auth: 'public', methods: paths('Own'), overridden: [] },
      {
        pattern: 'test.v1.Notes/*',
        source: 'service option',
        auth: 'optional',
        methods: paths('All', 'Bare', 'Named', 'Open', 'Own'),
        overridden: paths('Bare', 'Named', 'Open', 'Own'),
      },
      {
        pattern: '/test.v1.Notes/Open',
        source: 'method option',
        auth: 'public',
        methods: paths('Open'),
        overridden: [],
      },
      {
        pattern: '/test.v1.Notes/Named',
        source: 'method option',
        auth: undefined,
        methods: paths('Named'),
        overridden: [],
      },
      {
        pattern: '/test.v1.Notes/Own',
        source: 'method option',
        auth: 'required',
        methods: paths('Own'),
        overridden: paths('Own'),
      },
      {
        pattern: '/test.v1.Notes/All',
        source: 'method option',
        auth: undefined,
        methods: paths('All'),
        overridden: [],
      },
      { pattern: 'default', source: 'default', auth: 'required', methods: ['/a.S/M'], overridden: [] },
    ]);
  });

  it('do not have to be about the services that checkRules is asked about', () => {
    expect(checkRules(table(), ['/a.S/M']).rules.map(({ methods }) => methods.length)).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('take the field paths of code in camel case too', () => {
    expect(() => table({ 'test.v1.Notes/All': { ownWallet: ['chosenItem.ownerId'] } })).not.toThrow();
  });

  it.each([
    ['nobody', '"nobody" is no field of test.v1.Everything'],
    ['item.nobody', '"item.nobody" is no field of test.v1.Item'],
    ['item', '"item": field test.v1.Everything.item is no text'],
    ['free.owner', '"free.owner": field test.v1.Everything.free is no message'],
    ['by_name.key', '"by_name.key": field test.v1.Everything.by_name is no message'],
  ])('refuse the field path %s, by name', (path, message) => {
    expect(() => table({ 'test.v1.Notes/All': { ownWallet: [path] } })).toThrow(
      new TypeError(`rules["test.v1.Notes/All"].ownWallet: ${message}`),
    );
  });
});

describe('the field option', () => {
  const foreign = (init: object, ...[wallet = alice]: [wallet?: string | null]) => {
    const { input } = method('Notes', 'All');
    const fields = planOfOptions(method('Notes', 'All').input) ?? [];
    return firstForeign(fields, create(input, { said: alice, ...init }), wallet ?? undefined);
  };
  const item = (ownerId: string) => create(registry.getMessage('test.v1.Item')!, { ownerId });
  const tree = (owner: string, ...branches: object[]): object =>
    create(registry.getMessage('test.v1.Tree')!, { owner, branches });

  it.each<[string, () => object]>([
    ['nothing but what must be there', () => ({})],
    ['the address in lower case', () => ({ said: alice.toLowerCase() })],
    ['empty lists and maps', () => ({ owners: [], byName: {}, items: [], itemsByName: {} })],
    ['own wallets everywhere', () => ({ owners: [alice, alice], byName: { a: alice }, item: item(alice) })],
    ['messages in lists and maps', () => ({ items: [item(alice)], itemsByName: { a: item(alice) } })],
    ['a chosen member', () => ({ choice: { case: 'chosen', value: alice } })],
    ['a chosen message', () => ({ choice: { case: 'chosenItem', value: item(alice) } })],
    ['another chosen member', () => ({ choice: { case: 'other', value: bob } })],
    ['a tree', () => ({ tree: tree(alice, tree(alice, tree(alice))) })],
    ['a field that is not marked', () => ({ free: bob })],
  ])('is content with %s', (_, init) => {
    expect(foreign(init())).toBeUndefined();
  });

  it.each<[string, string, () => object]>([
    ['another wallet', 'said', () => ({ said: bob })],
    ['no text', 'said', () => ({ said: '' })],
    ['text that is not set', 'said', () => ({ said: undefined })],
    ['wrong EIP-55 case', 'said', () => ({ said: alice.replace(/[a-f]/, (letter) => letter.toUpperCase()) })],
    ['one of a list', 'owners', () => ({ owners: [alice, bob] })],
    ['one of a map', 'by_name', () => ({ byName: { a: alice, b: bob } })],
    ['a message inside', 'item.owner_id', () => ({ item: item(bob) })],
    ['an empty message inside', 'item.owner_id', () => ({ item: item('') })],
    ['a message in a list', 'items.owner_id', () => ({ items: [item(alice), item(bob)] })],
    ['a message in a map', 'items_by_name.owner_id', () => ({ itemsByName: { a: item(bob) } })],
    ['the chosen member', 'chosen', () => ({ choice: { case: 'chosen', value: bob } })],
    ['the chosen message', 'chosen_item.owner_id', () => ({ choice: { case: 'chosenItem', value: item(bob) } })],
    [
      'a branch of a tree',
      'tree.branches.branches.owner',
      () => ({ tree: tree(alice, tree(alice, tree(alice), tree(bob))) }),
    ],
  ])('finds %s', (_, path, init) => {
    expect(foreign(init())).toBe(path);
  });

  it('takes nothing for granted in messages that protobuf-es did not make', () => {
    const fields = planOfOptions(method('Notes', 'All').input) ?? [];
    const owned = { said: alice, owners: [], by_name: {}, item: { owner_id: alice }, items: [], items_by_name: {} };
    expect(firstForeign(fields, { ...owned, item: undefined }, alice)).toBe('item');
    expect(firstForeign(fields, { ...owned, item: { owner_id: bob } }, alice)).toBe('item.owner_id');
    expect(firstForeign(fields, { ...owned, by_name: { a: bob } }, alice)).toBe('by_name');
    expect(firstForeign(fields, owned, alice)).toBe('chosen');
    const whole = { ...owned, chosen: alice, chosen_item: { ownerId: alice }, tree: { owner: alice, branches: [] } };
    expect(firstForeign(fields, whole, alice)).toBeUndefined();
    expect(firstForeign(fields, { ...whole, choice: null }, alice)).toBeUndefined();
  });

  it('finds no wallet in a map that is none, and takes no inherited key of one for a value', () => {
    const [byName] = (planOfOptions(method('Notes', 'All').input) ?? []).filter(({ map }) => map);
    for (const value of [5, true, '', 'text']) {
      expect(firstForeign([byName!], { by_name: value }, alice)).toBe('by_name');
    }
    const inherited: object = Object.assign(Object.create({ b: bob }) as object, { a: alice });
    expect(firstForeign([byName!], { by_name: inherited }, alice)).toBeUndefined();
  });

  it('has a plan of the marked fields alone', () => {
    const request = [
      { name: 'owner', own: true },
      { name: 'note', message: 'Note' },
    ];
    const types = builtProto({ messages: { Request: request, Note: [{ name: 'text' }] } });
    expect(planOfOptions(types.getMessage('test.v1.Note')!)).toBeUndefined();
    expect(planOfOptions(types.getMessage('test.v1.Request')!)?.map(({ name }) => name)).toEqual(['owner']);
  });

  it('refuses everything where no caller is known', () => {
    expect(foreign({}, null)).toBe('said');
  });
});
