import { describe, expect, it, vi } from 'vitest';

import { accessList, type AccessSubject } from '../../../src/gate/access/access-list.js';
import { createAccess, type AccessCheck, type AccessOptions } from '../../../src/gate/access/access.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { testWallets } from '../../../src/testing/test-wallets.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const { deviceId } = mintIdentity();
const address = '203.0.113.7';

/** The lists, with checks that pass where there is no list to check. */
function listsOf(options?: AccessOptions) {
  const { checkAddress, checkCaller, hasPriority } = createAccess(options);
  const pass: AccessCheck = () => undefined;
  return { checkAddress: checkAddress ?? pass, checkCaller: checkCaller ?? pass, hasPriority };
}

describe('access', () => {
  it('is open without lists', () => {
    for (const options of [undefined, {}]) {
      expect(createAccess(options)).toMatchObject({ checkAddress: undefined, checkCaller: undefined });
    }
    expect(listsOf({}).checkAddress({ address })).toBeUndefined();
    expect(listsOf({}).checkCaller({})).toBeUndefined();
    expect(listsOf({}).hasPriority({ wallet: alice, address })).toBe(false);
  });

  it.each([[[alice]], [[deviceId]], [accessList([alice])]])('deny %j alone works', (deny) => {
    const access = listsOf({ deny });
    expect(access.checkCaller({ wallet: alice, deviceId, address })).toMatchObject({ reason: 'ACCESS_DENIED' });
    expect(access.checkCaller({ wallet: bob, deviceId: `${bob}/1`, address: '::1' })).toBeUndefined();
  });

  it('denies addresses before it is known who calls', () => {
    const access = listsOf({ deny: [address] });
    expect(access.checkAddress({ address })).toMatchObject({ reason: 'ACCESS_DENIED', message: 'access denied' });
    expect(access.checkAddress({ address: '203.0.113.8' })).toBeUndefined();
    expect(access.checkAddress({})).toBeUndefined();
  });

  it('admits only callers that are allowed by wallet, device or address, if there is such a list', () => {
    const check = (allow: string[]) => listsOf({ allow }).checkCaller({ wallet: alice, deviceId, address })?.reason;
    expect([[alice], [deviceId], [address]].map(check)).toEqual([undefined, undefined, undefined]);
    expect([[], [bob], ['::1']].map(check)).toEqual(['ACCESS_DENIED', 'ACCESS_DENIED', 'ACCESS_DENIED']);
    expect(listsOf({ allow: [alice] }).checkCaller({ address })?.reason).toBe('ACCESS_DENIED');
    expect(listsOf({ allow: [address] }).checkCaller({ address })).toBeUndefined();
  });

  it('puts deny before allow', () => {
    const access = listsOf({ allow: ['10.0.0.0/8', alice], deny: ['10.1.0.0/16', deviceId] });
    expect(access.checkAddress({ address: '10.1.2.3' })?.reason).toBe('ACCESS_DENIED');
    expect(access.checkCaller({ wallet: alice, deviceId, address: '10.2.2.2' })?.reason).toBe('ACCESS_DENIED');
    expect(access.checkCaller({ wallet: alice, deviceId: `${alice}/2` })).toBeUndefined();
  });

  it('looks a caller without identity up by its address alone, once', () => {
    const has = vi.fn<(subject: AccessSubject) => boolean>(() => false);
    const access = listsOf({ deny: { size: 1, has } });
    expect([access.checkAddress({ address }), access.checkCaller({ address })]).toEqual([undefined, undefined]);
    expect(has.mock.calls).toEqual([[{ address }]]);
  });

  it('knows who has priority', () => {
    const access = listsOf({ priority: [alice] });
    expect([{ wallet: alice }, { wallet: bob }, {}].map((who) => access.hasPriority(who))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('admits no caller by a list that gives no answer', () => {
    const broken = { size: 1, has: async () => false } as never;
    for (const options of [{ allow: broken }, { deny: broken }]) {
      expect(() => listsOf(options).checkCaller({ wallet: alice, deviceId })).toThrow(TypeError);
    }
    expect(() => listsOf({ priority: broken }).hasPriority({ wallet: alice })).toThrow(TypeError);
  });

  it('lives on when the `has` of a list rejects: the stray promise ends no process', async () => {
    const stray = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', stray);
    const broken = { size: 1, has: () => Promise.reject(new Error('mine')) } as never;
    for (const options of [{ allow: broken }, { deny: broken }]) {
      expect(() => listsOf(options).checkCaller({ wallet: alice, deviceId })).toThrow(TypeError);
    }
    expect(() => listsOf({ deny: broken }).checkAddress({ address })).toThrow(TypeError);
    expect(() => listsOf({ priority: broken }).hasPriority({ wallet: alice })).toThrow(TypeError);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', stray);
    expect(stray).not.toHaveBeenCalled();
  });

  it.each<[string, unknown]>([
    ['access.allow: "x" is no', { allow: ['x'] }],
    ['access.deny: "10.0.0.0/33" is no', { deny: [bob, '10.0.0.0/33'] }],
    ['access.priority must be', { priority: alice }],
    ['access.deny must be', { deny: null }],
    ['access.deny must be', { deny: {} }],
    [`access.allow: "${alice.toLowerCase()}" is in access.deny too`, { allow: [alice.toLowerCase()], deny: [alice] }],
    ['access.priority: "10.0.0.0/8" is in access.deny too', { priority: ['10.0.0.0/8'], deny: ['10.0.0.1/8'] }],
    ['unknown option "block"', { block: [alice] }],
    ['options must be', null],
  ])('%s', (message, options) => {
    const construct = () => createAccess(options as AccessOptions);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  it('takes the same entry in allow and priority', () => {
    expect(() => listsOf({ allow: [alice], priority: [alice] })).not.toThrow();
  });

  it('applies both lists where there are two: who is denied is not allowed, and who is neither is not', () => {
    const access = listsOf({ deny: accessList([bob]), allow: accessList([alice, bob]) });
    const check = (wallet: string) => access.checkCaller({ wallet, deviceId: `${wallet}/1` });
    expect(check(alice)).toBeUndefined();
    expect(check(bob)).toMatchObject({
      reason: 'ACCESS_DENIED',
      cause: expect.stringContaining('in access.deny') as string,
    });
    expect(check(testWallets.carol.address)).toMatchObject({
      cause: expect.stringContaining('not in access.allow') as string,
    });
    expect(access.checkCaller({ address })).toMatchObject({ cause: 'the address is not in access.allow' });
  });
});
