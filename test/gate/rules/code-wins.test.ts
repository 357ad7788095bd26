import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { Auth, Stream } from '../../../gen/walletauth/v1/options_pb.js';
import { createGate } from '../../../src/gate/create-gate.js';
import type { AuthRules } from '../../../src/gate/rules/declared-rules.js';
import { builtProto, builtService } from '../../support/built-proto.js';

const registry = builtProto({
  messages: { Request: [{ name: 'owner', own: true }, { name: 'editor' }] },
  services: {
    S: {
      option: { auth: Auth.PUBLIC, cost: 3, limit: 'notes', chargeMessages: true, stream: Stream.AT_OPEN },
      methods: {
        Open: { input: 'Request', option: { auth: Auth.PUBLIC, cost: 0, limit: 'rare' } },
        Bare: { input: 'Request' },
      },
    },
  },
});
const service = builtService(registry);
const OPEN = '/test.v1.S/Open';
const BARE = '/test.v1.S/Bare';
const call = (method: string) => ({ method, peer: '', metadata: undefined, header: () => [] });

function gateOf(rules: AuthRules) {
  return createGate({ services: [service], rules });
}

describe('code wins over the .proto', () => {
  it.each<[string, AuthRules]>([
    ['the method', { [OPEN]: 'required', [BARE]: 'required' }],
    ['the service', { 'test.v1.S/*': 'required' }],
    ['*', { '*': 'required' }],
  ])('a rule in code for %s closes methods that options open', (_, rules) => {
    const gate = gateOf(rules);
    for (const path of [OPEN, BARE]) expect(gate.decide(call(path), undefined)).toMatchObject({ admitted: false });
  });

  it('property by property: what code leaves out is taken from the options', () => {
    const { byMethod } = gateOf({ '*': { cost: 7 }, 'test.v1.S/*': { stream: 'until-expiry' } }).checkRules([service]);
    expect(byMethod.get(OPEN)).toMatchObject({ auth: 'public', cost: 7, limit: 'rare', stream: 'until-expiry' });
    expect(byMethod.get(BARE)).toMatchObject({ auth: 'public', cost: 7, limit: 'notes', chargeMessages: true });
  });

  it('the most specific rule in code comes first', () => {
    const rules: AuthRules = { '*': { auth: 'optional', cost: 1 }, 'test.v1.S/*': { cost: 2 }, [OPEN]: { cost: 3 } };
    const { byMethod } = gateOf(rules).checkRules([service]);
    expect([...byMethod].map(([path, { auth, cost }]) => [path, auth, cost])).toEqual([
      [BARE, 'optional', 2],
      [OPEN, 'optional', 3],
    ]);
  });

  it('for own_wallet too: * names other fields than the option, or none', () => {
    const refused = (ownWallet: string[]) => {
      const gate = gateOf({ '*': { ownWallet } });
      const decision = gate.decide(call(OPEN), undefined);
      if (decision instanceof Promise || !decision.admitted) throw new Error('not expected');
      const request = create(registry.getMessage('test.v1.Request')!, { owner: 'x', editor: 'y' });
      return decision.checkMessage?.(request);
    };
    expect(refused(['editor'])).toMatchObject({ message: 'editor must be your own wallet address' });
    expect(refused([])).toBeUndefined();
  });
});

describe('checkRules', () => {
  it('shows that a rule in code makes an option ineffective', () => {
    const { rules } = gateOf({ '*': { auth: 'required', cost: 1 } }).checkRules([service]);
    expect(rules).toEqual([
      { pattern: '*', source: 'code', auth: 'required', methods: [BARE, OPEN], overridden: [] },
      {
        pattern: 'test.v1.S/*',
        source: 'service option',
        auth: 'public',
        methods: [BARE, OPEN],
        overridden: [BARE, OPEN],
      },
      { pattern: OPEN, source: 'method option', auth: 'public', methods: [OPEN], overridden: [OPEN] },
      { pattern: BARE, source: 'method option', auth: undefined, methods: [BARE], overridden: [] },
    ]);
  });

  it('lists no method for an option of which nothing is left', () => {
    const all: AuthRules = {
      '*': { auth: 'required', cost: 1, limit: 'default', chargeMessages: false, stream: 'at-open', ownWallet: [] },
    };
    const rows = createGate({ services: [service], rules: all, limits }).checkRules([service]).rules;
    for (const { source, methods, overridden } of rows) {
      expect(methods.length > 0).toBe(source === 'code');
      expect(overridden.length > 0).toBe(source !== 'code');
    }
  });

  it('shows what applies to each method, and from where', () => {
    const authorize = () => true;
    const { byMethod } = createGate({
      services: [service],
      authorize,
      rules: { [BARE]: { auth: 'optional', cost: () => 1, authorizeMessage: () => true }, '*': { limit: () => 'a' } },
    }).checkRules([service]);
    expect(byMethod.get(BARE)).toEqual({
      auth: 'optional',
      cost: 'by message',
      limit: 'by message',
      chargeMessages: true,
      ownWallet: ['owner'],
      authorize: true,
      authorizeMessage: true,
      stream: 'at-open',
      from: {
        auth: { pattern: BARE, source: 'code' },
        cost: { pattern: BARE, source: 'code' },
        limit: { pattern: '*', source: 'code' },
        chargeMessages: { pattern: 'test.v1.S/*', source: 'service option' },
        ownWallet: { pattern: BARE, source: 'method option' },
        authorize: { pattern: 'default', source: 'default' },
        authorizeMessage: { pattern: BARE, source: 'code' },
        stream: { pattern: 'test.v1.S/*', source: 'service option' },
      },
    });
    expect(byMethod.get(OPEN)).toMatchObject({ cost: 0, authorize: false, authorizeMessage: false });
  });

  it('shows no fields and no authorize where there are none', () => {
    const rules: AuthRules = { '*': { auth: 'required', ownWallet: [] } };
    expect(gateOf(rules).checkRules([service]).byMethod.get(OPEN)).toMatchObject({ ownWallet: [], authorize: false });
  });

  it('shows the fields of a type that refers to itself once', () => {
    const tree = builtProto({
      messages: {
        Tree: [
          { name: 'owner', own: true },
          { name: 'left', message: 'Tree' },
          { name: 'items', message: 'Item', repeated: true },
        ],
        Item: [
          { name: 'editor', own: true },
          { name: 'tree', message: 'Tree' },
        ],
      },
      services: { S: { methods: { Call: { input: 'Tree' } } } },
    });
    const services = [builtService(tree)];
    expect(createGate({ services }).checkRules(services).byMethod.get('/test.v1.S/Call')?.ownWallet).toEqual([
      'owner',
      'left.*',
      'items.editor',
      'items.tree.*',
    ]);
  });
});

const limits = { classes: { default: { points: 10, windowMs: 60_000 } } };
