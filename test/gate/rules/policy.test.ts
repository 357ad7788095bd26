import { describe, expect, it } from 'vitest';

import { policyNames, readPolicy, type MethodPolicy } from '../../../src/gate/rules/policy.js';
import { hostileValues } from '../../support/hostile-values.js';

const read = (policy: unknown) => readPolicy('rules["a.S/M"]', policy as MethodPolicy);
const some = () => 1;

describe('readPolicy', () => {
  it.each(['required', 'optional', 'public'] as const)('takes %s for an object with that value', (auth) => {
    expect(read(auth)).toEqual({ auth });
  });

  it('takes every property, or none', () => {
    const policy = {
      auth: 'optional',
      cost: 0,
      limit: 'rare',
      chargeMessages: false,
      stream: 'at-open',
      require: { audience: true, challenge: true, maxLifetimeMs: 60_000 },
      ownWallet: ['owner', 'items.owner_id'],
      authorize: some,
      authorizeMessage: some,
    };
    expect(Object.keys(policy).toSorted()).toEqual([...policyNames].toSorted());
    expect(read(policy)).toEqual(policy);
    expect(read({})).toEqual({});
    expect(read({ cost: some, limit: some })).toEqual({ cost: some, limit: some });
    for (const name of policyNames) expect(read({ [name]: undefined })[name]).toBeUndefined();
  });

  it('does not change when the list of paths does', () => {
    const ownWallet = ['owner'];
    const policy = read({ ownWallet });
    ownWallet.pop();
    expect(policy.ownWallet).toEqual(['owner']);
  });

  it.each<[string, string, unknown[]]>([
    ['auth', "'required', 'optional' or 'public'", ['Public', '', null, 0, true, {}]],
    ['cost', 'a non-negative integer or a function', [-1, 1.5, NaN, Infinity, 2 ** 53, '1', null, 1n, {}]],
    ['limit', 'a name or a function', ['', null, 1, {}, []]],
    ['chargeMessages', 'true or false', [0, 1, 'yes', null]],
    [
      'ownWallet',
      'a list of field paths such as "items.owner"',
      ['owner', null, {}, [''], ['.'], ['a.'], ['.a'], ['a..b'], ['a b'], [1], ['0'], ['a[0]'], [null]],
    ],
    ['stream', "'at-open', 'until-expiry' or 'while-renewed'", ['At-open', '', null, 0, true, {}]],
    ['authorize', 'a function', [null, true, {}, 'f']],
    ['authorizeMessage', 'a function', [null, true, {}, 'f']],
  ])('checks %s by name', (name, what, values) => {
    for (const value of values) {
      expect(() => read({ [name]: value })).toThrow(new TypeError(`rules["a.S/M"].${name} must be ${what}`));
    }
  });

  it('refuses a misspelt property: it must not be silently off', () => {
    expect(() => read({ ownwallet: ['owner'] })).toThrow(
      /^rules\["a\.S\/M"\]: unknown option "ownwallet"; known are auth, /,
    );
  });

  it.each(hostileValues)('refuses %s, or finds nothing in it', (name, value) => {
    const empty = ['an object without prototype', 'an object', 'a date', 'an invalid date', 'an array buffer', 'a map'];
    if ([...empty, 'a promise', 'an error'].includes(name)) return expect(read(value).auth).toBeUndefined();
    return expect(() => read(value)).toThrow(/./);
  });
});
