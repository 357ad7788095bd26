import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { accessList } from '../../../src/gate/access/access-list.js';
import { createAddressReader } from '../../../src/gate/call/client-address.js';
import { noAddressWarning, warningReader, type AddressRules } from '../../../src/gate/call/no-address.js';
import { testWallets } from '../../../src/testing/test-wallets.js';

const alice = testWallets.alice.address;

describe('the warning WALLET_AUTH_NO_ADDRESS', () => {
  const emitted = vi.fn<() => void>();
  beforeEach(() => {
    emitted.mockClear();
    vi.spyOn(process, 'emitWarning').mockImplementation(emitted);
  });
  afterEach(() => vi.restoreAllMocks());

  it.each<[string, AddressRules]>([
    ['access.deny', { access: { deny: [alice, '203.0.113.0/24'] } }],
    ['access.allow', { access: { allow: ['2001:db8::/32'], deny: [alice] } }],
    ['access.priority', { access: { priority: accessList(['203.0.113.7']) } }],
    ['limits.beforeAuthentication', { limits: { beforeAuthentication: { points: 5, windowMs: 1_000 } } }],
    ['failedTokenLimit', { failedTokenLimit: {} }],
    ['access.deny, failedTokenLimit', { access: { deny: ['::1'] }, failedTokenLimit: {} }],
    ['access.allow, failedTokenLimit', { access: { allow: accessList(['::1']) }, failedTokenLimit: {} }],
  ])('names %s at the first call without address, once', (names, rules) => {
    const check = noAddressWarning(rules);
    check?.('203.0.113.7');
    expect(emitted).not.toHaveBeenCalled();
    for (let i = 0; i < 3; i++) check?.(undefined);
    expect(emitted).toHaveBeenCalledOnce();
    expect(emitted).toHaveBeenCalledWith(expect.stringContaining(`: ${names}. `), {
      type: 'Warning',
      code: 'WALLET_AUTH_NO_ADDRESS',
    });
  });

  it.each<AddressRules>([
    {},
    { access: {} },
    { access: { deny: [alice], allow: [] } },
    { limits: {}, access: { priority: [alice.toLowerCase()] } },
  ])('is not there without rules that need an address: %j', (rules) => {
    expect(noAddressWarning(rules)).toBeUndefined();
  });

  it('waits until a list that changes has an address in it', () => {
    let hasAddresses = false;
    const deny = {
      has: () => false,
      size: 1,
      get hasAddresses() {
        return hasAddresses;
      },
    };
    const check = noAddressWarning({ access: { deny } });
    check?.(undefined);
    expect(emitted).not.toHaveBeenCalled();
    hasAddresses = true;
    check?.(undefined);
    expect(emitted).toHaveBeenCalledOnce();
  });
});

it('a reader that warns reports the address of each call, or that there is none', () => {
  const report = vi.fn<(address: string | undefined) => void>();
  const { fullAddressOf } = warningReader(createAddressReader(), report);
  expect([fullAddressOf('203.0.113.7:1', []), fullAddressOf('unix:', [])]).toEqual(['203.0.113.7', undefined]);
  expect(report.mock.calls).toEqual([['203.0.113.7'], [undefined]]);
});
