import { describe, expect, it } from 'vitest';

import { AuthError } from '../../../src/errors.js';
import { admittedContext, getIdentity, requireIdentity } from '../../../src/grpc/server/identity-of.js';
import { authReasonOf, serviceError } from '../../../src/grpc/status.js';
import { mintToken } from '../../../src/testing/mint-token.js';
import { createVerifier } from '../../../src/verify/create-verifier.js';
import { thrownBy } from '../../support/thrown-by.js';

const identity = createVerifier().verify(`Bearer ${mintToken()}`);
const call = (context: object) => ({ getAuthContext: () => context });

describe('getIdentity', () => {
  it('finds the identity of an admitted call, and keeps what grpc-js put there', () => {
    const context = admittedContext({ transportSecurityType: 'ssl' }, { identity });
    expect(getIdentity(call(context))).toBe(identity);
    expect(context.transportSecurityType).toBe('ssl');
  });

  it('finds nobody for an anonymous caller and where the interceptor is missing', () => {
    expect(getIdentity(call(admittedContext({}, { identity: undefined })))).toBeUndefined();
    expect(getIdentity(call({}))).toBeUndefined();
  });

  it('finds nobody in a context that somebody made up', () => {
    const forged = { identity, wallet: identity.wallet, [Symbol('wallet identity')]: { identity } };
    expect(getIdentity(call(forged))).toBeUndefined();
    expect(getIdentity(call({ [Symbol.for('wallet identity')]: { identity } }))).toBeUndefined();
  });
});

describe('requireIdentity', () => {
  it('gives the identity', () => {
    expect(requireIdentity(call(admittedContext({}, { identity })))).toBe(identity);
  });

  it.each([
    ['MISSING_CREDENTIALS', 16, admittedContext({}, { identity: undefined })],
    ['INTERNAL', 13, {}],
  ])('throws %s as a complete grpc-js error', (reason, code, context) => {
    const error = thrownBy(() => requireIdentity(call(context)));
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ reason, code, details: expect.any(String) });
    expect(authReasonOf(error)).toBe(reason);
    const cause = reason === 'INTERNAL' ? 'the server has no walletAuth interceptor' : undefined;
    expect((error as AuthError).cause).toBe(cause);
  });
});

describe('authReasonOf', () => {
  it.each([undefined, null, 0, 'x', {}, { metadata: {} }, { metadata: null }, new Error('other')])(
    'finds no reason in %s',
    (error) => {
      expect(authReasonOf(error)).toBeUndefined();
    },
  );

  it('survives a metadata entry that is no status', () => {
    const error = serviceError(new AuthError('TOKEN_EXPIRED'));
    error.metadata.set('grpc-status-details-bin', Buffer.from('junk'));
    expect(authReasonOf(error)).toBeUndefined();
  });
});
