import { describe, expect, it } from 'vitest';

import { Caller, HookCall } from '../../../src/gate/call/caller.js';
import { walletIdentity } from '../../../src/identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { incomingCall } from '../../support/incoming-call.js';

const wallet = testWallets.alice.address;
const deviceId = `${wallet}/1`;
const identity = walletIdentity({ wallet, deviceId, identityKey: new Uint8Array(65), issuedAtMs: 0, expiresAtMs: 1 });

/** What is known of a call, with an address or an identity. */
const known = (facts: { address?: string | undefined; isKnown?: boolean }) => ({
  incoming: { ...incomingCall({ method: '/a.S/M', forwardedFor: ['203.0.113.7'] }), metadata: { of: 'transport' } },
  address: facts.address,
  judgedAddress: facts.address,
  visibleIdentity: facts.isKnown ? identity : undefined,
});

describe('the caller as lists and limits see it', () => {
  it.each<[string, string | undefined, string]>([
    ['an IPv4 address', '203.0.113.7', '203.0.113.7'],
    ['an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['no address', undefined, 'unknown'],
  ])('with %s is counted by its network', (_, address, network) => {
    expect(new Caller(known({ address })).network).toBe(network);
    expect(new Caller(known({ address })).address).toBe(address);
  });

  it('has wallet and device once they are proven', () => {
    expect(new Caller(known({ isKnown: true }))).toMatchObject({ wallet, deviceId });
    expect(new Caller(known({}))).toMatchObject({ wallet: undefined, deviceId: undefined });
  });
});

it('the call as hooks see it has the method, address, headers and metadata of the call', () => {
  const call = new HookCall(known({ address: '203.0.113.7' }));
  expect([call.method, call.address, call.metadata]).toEqual(['/a.S/M', '203.0.113.7', { of: 'transport' }]);
  expect([call.header('x-forwarded-for'), call.header('x-other')]).toEqual([['203.0.113.7'], []]);
});
