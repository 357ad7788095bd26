import { BlockList } from 'node:net';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { accessList, sharedEntry } from '../../../src/gate/access/access-list.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const { deviceId } = mintIdentity();

describe('a list', () => {
  it.each([alice, alice.toLowerCase(), `0x${alice.slice(2).toUpperCase()}`])('knows a wallet by %s', (entry) => {
    const list = accessList([entry]);
    expect(list.has({ wallet: alice })).toBe(true);
    expect(list.has({ wallet: alice, deviceId, address: '203.0.113.7' })).toBe(true);
    expect(list.has({ wallet: bob })).toBe(false);
    expect(list.has({})).toBe(false);
  });

  it.each([deviceId, deviceId.toLowerCase()])('knows one device of a wallet by %s', (entry) => {
    const list = accessList([entry]);
    expect(list.has({ wallet: alice, deviceId })).toBe(true);
    expect(list.has({ wallet: alice, deviceId: `${alice}/${'0'.repeat(32)}` })).toBe(false);
    expect(list.has({ wallet: alice })).toBe(false);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['203.0.113.0/24', '203.0.113.255', true],
    ['203.0.113.77/24', '203.0.113.1', true],
    ['203.0.113.0/24', '203.0.114.0', false],
    ['0.0.0.0/0', '255.1.2.3', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '203.0.113.7', false],
    ['::/0', '::1', true],
    ['2001:db8::/32', '2001:0DB8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::1', '2001:db8:0::0:1', true],
    ['::ffff:203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '::ffff:cb00:7107', true],
  ])('of %s has %s: %s', (entry, address, expected) => {
    expect(accessList([entry]).has({ address })).toBe(expected);
  });

  it('has nobody if it is empty, and does not choke on an address that is none', () => {
    expect(accessList([]).has({ wallet: alice, address: '203.0.113.7' })).toBe(false);
    expect(accessList(['::/0', '0.0.0.0/0']).has({ address: '/run/node.sock' })).toBe(false);
  });

  it('counts different entries', () => {
    expect(accessList([]).size).toBe(0);
    expect(accessList([alice, alice.toLowerCase(), deviceId, '10.0.0.1/8', '10.0.0.2/8', '10.0.0.2']).size).toBe(4);
  });

  it('does not read the address of a caller if it holds none', () => {
    const subject = {
      get address(): string {
        throw new Error('read');
      },
    };
    expect(accessList([alice]).has(subject)).toBe(false);
    expect(() => accessList(['::1']).has(subject)).toThrow('read');
  });

  it('agrees with node:net about ranges', () => {
    const ipv4 = fc.ipV4();
    fc.assert(
      fc.property(ipv4, fc.integer({ min: 0, max: 32 }), ipv4, (network, length, address) => {
        const reference = new BlockList();
        reference.addSubnet(network, length);
        expect(accessList([`${network}/${length}`]).has({ address })).toBe(reference.check(address));
      }),
    );
    const ipv6 = fc.ipV6().filter((text) => !/^(?:0*:){0,5}:?f{4}:/i.test(text) && !text.includes('.'));
    fc.assert(
      fc.property(ipv6, fc.integer({ min: 0, max: 128 }), ipv6, (network, length, address) => {
        const reference = new BlockList();
        reference.addSubnet(network, length, 'ipv6');
        expect(accessList([`${network}/${length}`]).has({ address })).toBe(reference.check(address, 'ipv6'));
      }),
    );
  });

  it.each([
    '',
    ' ',
    'alice',
    '0x12',
    `${alice}0`,
    ` ${alice}`,
    alice.replace('E', 'e'),
    `${alice}/`,
    `${alice}/12`,
    `${deviceId}0`,
    '10.0.0.0/33',
    '*',
    null,
    undefined,
    5,
    {},
  ])('refuses %j, naming it', (entry) => {
    expect(() => accessList([alice, entry as string])).toThrow(
      new TypeError(`accessList: ${JSON.stringify(entry)} is no wallet address, device id, IP address or CIDR range`),
    );
  });

  it.each([null, undefined, alice, 5, {}])('refuses %j, which is no list', (entries) => {
    expect(() => accessList(entries as never)).toThrow(/^accessList must be a list/);
  });
});

describe('sharedEntry', () => {
  it.each([
    [[alice], [bob, alice.toLowerCase()], alice.toLowerCase()],
    [[deviceId], [alice], undefined],
    [['10.0.0.0/8'], ['10.1.0.0/16'], undefined],
    [['10.0.0.0/8'], ['10.1.2.3/8'], '10.1.2.3/8'],
    [['::1'], ['0:0::1'], '0:0::1'],
    [['0.0.0.0/0'], ['::/0'], undefined],
    [[], [alice], undefined],
  ])('of %j and %j is %j', (some, others, shared) => {
    expect(sharedEntry(some, others)).toBe(shared);
  });
});
