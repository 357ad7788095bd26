import { afterEach, describe, expect, it, vi } from 'vitest';

import { callerAddress, createAddressReader } from '../../../src/gate/call/client-address.js';

describe('the address of a direct peer', () => {
  it.each([
    ['203.0.113.7:50101', '203.0.113.7'],
    ['203.0.113.7', '203.0.113.7'],
    ['::1:50101', '0:0:0:0'],
    ['[2001:db8:1:2:3:4:5:6]:50101', '2001:db8:1:2'],
    ['2001:db8:1:2:3:4:5:6:50101', '2001:db8:1:2'],
    ['2001:DB8:0001::7:50101', '2001:db8:1:0'],
    ['fe80::1%eth0:50101', 'fe80:0:0:0'],
    ['::ffff:203.0.113.7:50101', '203.0.113.7'],
    ['[::ffff:cb00:7107]:50101', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7:50101', '203.0.113.7'],
    ['64:ff9b:1:2::203.0.113.7:50101', '64:ff9b:1:2'],
    ['1:2:3:4:5:6:7:::50101', '1:2:3:4'],
    ['[1:2:3::]:50101', '1:2:3:0'],
    ['[::]:50101', '0:0:0:0'],
    ['[::2:3:4:5:6:203.110.113.107]:50101', '0:2:3:4'],
    ['[::2:3:4:5:6:7:8]:50101', '0:2:3:4'],
    ['[1::ffff:203.0.113.7]:50101', '1:0:0:0'],
    ['unknown', undefined],
    ['', undefined],
    ['/run/node.sock', undefined],
    ['node.example:50101', undefined],
    ['203.0.113.256:1', undefined],
  ])('%s is %s', (peer, address) => {
    expect(createAddressReader().addressOf(peer, ['198.51.100.1'])).toBe(address);
  });

  it('is one for a whole /64 network and another for the next', () => {
    const { addressOf } = createAddressReader();
    expect(addressOf('[2001:db8::1]:1', [])).toBe(addressOf('[2001:db8::ffff:1]:2', []));
    expect(addressOf('[2001:db8::1]:1', [])).not.toBe(addressOf('[2001:db8:0:1::1]:1', []));
  });
});

describe('the address behind proxies', () => {
  const { addressOf } = createAddressReader(['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.1']);

  it.each<[string, string, string[], string]>([
    ['one proxy', '10.1.2.3:5', ['203.0.113.7'], '203.0.113.7'],
    ['two proxies', '10.1.2.3:5', ['203.0.113.7, 10.9.9.9'], '203.0.113.7'],
    ['two header lines', '10.1.2.3:5', ['203.0.113.7', '10.9.9.9'], '203.0.113.7'],
    ['a single address', '192.0.2.1:5', ['203.0.113.7'], '203.0.113.7'],
    ['an IPv6 proxy', '[2001:db8:ffff::9]:5', ['203.0.113.7'], '203.0.113.7'],
    ['a port in the header', '10.1.2.3:5', ['203.0.113.7:9999'], '203.0.113.7'],
    ['an IPv6 client', '10.1.2.3:5', ['[2001:db8::7]:99'], '2001:db8:0:0'],
    ['what the caller wrote before', '10.1.2.3:5', ['198.51.100.9, 203.0.113.7, 10.9.9.9'], '203.0.113.7'],
    ['a caller who claims to be a proxy', '10.1.2.3:5', ['198.51.100.9, 10.5.5.5, 203.0.113.7'], '203.0.113.7'],
    ['a peer that is no proxy', '203.0.113.7:5', ['198.51.100.9'], '203.0.113.7'],
    ['proxies alone', '10.1.2.3:5', ['10.4.4.4'], '10.4.4.4'],
    ['no header', '10.1.2.3:5', [], '10.1.2.3'],
    ['an empty header', '10.1.2.3:5', [''], '10.1.2.3'],
    ['junk', '10.1.2.3:5', ['203.0.113.7, unknown'], '10.1.2.3'],
    ['an address after junk', '10.1.2.3:5', ['x[2001:db8::7]:99'], '10.1.2.3'],
    ['an address before junk', '10.1.2.3:5', ['[2001:db8::7]x'], '10.1.2.3'],
    ['an address cut by a colon', '10.1.2.3:5', ['203.0.113:1.7'], '10.1.2.3'],
    ['a hop that is hex IPv4-mapped IPv6', '10.1.2.3:5', ['::ffff:cb00:7107'], '203.0.113.7'],
    ['such a hop in brackets', '10.1.2.3:5', ['[::FFFF:CB00:7107]:99'], '203.0.113.7'],
    ['a proxy that is hex IPv4-mapped IPv6', '10.1.2.3:5', ['203.0.113.7, ::ffff:a04:404'], '203.0.113.7'],
    ['a mapped address with a port', '10.1.2.3:5', ['::ffff:203.0.113.7:99'], '10.1.2.3'],
  ])('%s', (_, peer, forwardedFor, address) => {
    expect(addressOf(peer, forwardedFor)).toBe(address);
  });
});

describe('the full address', () => {
  const { fullAddressOf } = createAddressReader(['10.0.0.0/8']);

  it.each([
    ['203.0.113.7:50101', '203.0.113.7'],
    ['[2001:DB8:1::6]:50101', '2001:DB8:1::6'],
    ['fe80::1%eth0:50101', 'fe80::1'],
    ['::ffff:203.0.113.7:50101', '203.0.113.7'],
    ['unknown', undefined],
  ])('of %s is %s', (peer, address) => {
    for (let i = 0; i < 2; i++) expect(fullAddressOf(peer, [])).toBe(address);
  });

  it('of a hop that is hex IPv4-mapped IPv6 is IPv4', () => {
    expect(fullAddressOf('10.1.2.3:5', ['::ffff:cb00:7107'])).toBe('203.0.113.7');
  });

  it('is none where the peer is a text of any length', () => {
    expect(fullAddressOf(`${'1:'.repeat(100_000)}5`, [])).toBeUndefined();
    expect(fullAddressOf('10.1.2.3:5', ['1'.repeat(100_000)])).toBe('10.1.2.3');
  });
});

describe('the text of a peer', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is read once for each connection, not for each call', () => {
    const { addressOf } = createAddressReader();
    const read = vi.spyOn(String.prototype, 'replace');
    addressOf('203.0.113.7:1', []);
    expect(read).toHaveBeenCalled();
    read.mockClear();
    expect(addressOf('203.0.113.7:1', [])).toBe('203.0.113.7');
    expect(read).not.toHaveBeenCalled();
  });

  it.each([
    [100, 'fe80::1'],
    [101, undefined],
  ])('of %i characters is %s', (length, address) => {
    const peer = '[fe80::1%]:1'.replace('%', (zone) => zone.padEnd(length - 11, 'e'));
    expect(peer).toHaveLength(length);
    expect(createAddressReader().fullAddressOf(peer, [])).toBe(address);
  });
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['a host', 'a host'],
])('a caller at %s is known by %s', (address, network) => {
  expect(callerAddress(address)).toBe(network);
});

describe('the address behind a proxy on a Unix socket', () => {
  it.each<[string, string[], string[], string | undefined]>([
    ['its caller', ['unix'], ['203.0.113.7'], '203.0.113.7'],
    ['an IPv6 caller', ['unix'], ['2001:db8::7'], '2001:db8:0:0'],
    ['the caller of a proxy before it', ['unix', '10.0.0.0/8'], ['203.0.113.7, 10.9.9.9'], '203.0.113.7'],
    ['not what the caller wrote', ['unix'], ['198.51.100.9, 203.0.113.7'], '203.0.113.7'],
    ['none without the header', ['unix'], [], undefined],
    ['none for junk', ['unix'], ['203.0.113.7, unix:'], undefined],
    ['none if such proxies are not trusted', ['10.0.0.0/8'], ['203.0.113.7'], undefined],
  ])('is %s', (_, trustedProxies, forwardedFor, address) => {
    const { addressOf } = createAddressReader(trustedProxies);
    for (const peer of ['unix:', 'unix:/run/node.sock']) expect(addressOf(peer, forwardedFor)).toBe(address);
  });

  it('is not believed of a peer that is not known, or has an address', () => {
    const { addressOf } = createAddressReader(['unix']);
    expect(addressOf('unknown', ['203.0.113.7'])).toBeUndefined();
    expect(addressOf('', ['203.0.113.7'])).toBeUndefined();
    expect(addressOf('192.0.2.1:5', ['203.0.113.7'])).toBe('192.0.2.1');
  });
});

describe('trustedProxies', () => {
  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/8x',
    'localhost/8',
    '::/129',
    'localhost',
    '10.0.0',
    '',
    ' 10.0.0.1',
    '*',
  ])('refuses %j, by name', (range) => {
    expect(() => createAddressReader([range])).toThrow(
      new TypeError(`trustedProxies: ${JSON.stringify(range)} is no address and no CIDR range`),
    );
  });

  it.each(['10.0.0.0/8', null, 5, {}])('refuses %j, which is no list', (ranges) => {
    expect(() => createAddressReader(ranges as never)).toThrow(
      new TypeError('trustedProxies must be a list of addresses or CIDR ranges'),
    );
  });

  it.each(['0.0.0.0/0', '::/0', '10.0.0.1/32', '::1/128', '::1'])('takes %s', (range) => {
    expect(() => createAddressReader([range])).not.toThrow();
  });
});
