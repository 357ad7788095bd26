import { Metadata, status as Status, type ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';

import { createTokenSource } from '../../../src/client/create-token-source.js';
import { AuthError, type AuthReason } from '../../../src/errors.js';
import { attachToken } from '../../../src/grpc/client/attach-token.js';
import { authenticated } from '../../../src/grpc/server/authenticated.js';
import { walletAuth } from '../../../src/grpc/server/wallet-auth.js';
import { authDetailsOf, authReasonOf, serviceError } from '../../../src/grpc/status.js';
import { refusalDetails } from '../../../src/status-details.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { callKinds, kinds, startDemoServer, type DemoServer } from '../../support/demo-server.js';

const DETAILS = 'grpc-status-details-bin';

let server: DemoServer | undefined;
afterEach(() => server?.close());

/** What a client of another node got from it: a refusal that a handler passes on. */
function fromAnotherNode(reason: AuthReason): ServiceError {
  return complete(new AuthError(reason, { info: { retry_after_ms: '1' } }));
}

function complete(refused: AuthError): ServiceError {
  const { code, details, metadata } = serviceError(refused);
  return Object.assign(new Error(`${code}: ${details}`), { code, details, metadata });
}

/** A node whose handlers pass a refusal on, and a client that repeats calls for every reason there is. */
async function startNode(refused: ServiceError) {
  server = await startDemoServer(walletAuth());
  const reject = () => Promise.reject(refused);
  Object.assign(server.own, {
    whoAmI: (_: unknown, callback: (error: ServiceError) => void) => callback(refused),
    collectNotes: authenticated(reject),
    countUp: authenticated(reject),
    chat: authenticated(reject),
  });
  return server.client([attachToken(createTokenSource(mintIdentity()), { retryRateLimited: {} })]);
}

describe.each(kinds)('a handler of a %s that passes on a refusal of another node', (kind) => {
  it.each(['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE', 'RATE_LIMITED'] as const)(
    'is run once by our client, whatever it would do for %s of this node',
    async (reason) => {
      const refused = fromAnotherNode(reason);
      const { error } = await callKinds[kind](await startNode(refused));
      expect(server!.handlersRun()).toBe(1);
      expect(error).toMatchObject({ code: refused.code, details: refused.details });
      expect(authReasonOf(error)).toBeUndefined();
      expect(authReasonOf(refused)).toBe(reason); // the handler's own object stays as it is
    },
  );

  it.each(['ACCESS_DENIED', 'DEVICE_REVOKED', 'INTERNAL'] as const)(
    'lets %s reach the client, with its details',
    async (reason) => {
      const { error } = await callKinds[kind](await startNode(fromAnotherNode(reason)));
      expect(server!.handlersRun()).toBe(1);
      expect(authDetailsOf(error)).toMatchObject({ reason, info: { retry_after_ms: '1' } });
    },
  );

  it('keeps the rest of its metadata', async () => {
    const refused = complete(new AuthError('TOKEN_EXPIRED'));
    const other = complete(new AuthError('ACCESS_DENIED')).metadata.get(DETAILS)[0]!;
    refused.metadata.add(DETAILS, other);
    refused.metadata.set('note', '7');
    const { error } = await callKinds[kind](await startNode(refused));
    expect(error?.metadata.get('note')).toEqual(['7']);
    expect(error?.metadata.get(DETAILS)).toEqual([other]);
  });
});

it('the gate itself still gives every reason, and what is no status is passed on', async () => {
  server = await startDemoServer(walletAuth({ authorize: () => new AuthError('RATE_LIMITED') }));
  const source = createTokenSource(mintIdentity());
  const { error } = await callKinds.unary(server.client([attachToken(source)]));
  expect(authReasonOf(error)).toBe('RATE_LIMITED');
  server.close();

  const metadata = new Metadata();
  metadata.set(DETAILS, Buffer.from('no status'));
  server = await startDemoServer(walletAuth());
  server.own.whoAmI = authenticated(() => Promise.reject({ code: Status.ABORTED, details: 'x', metadata }));
  const passedOn = await callKinds.unary(server.client([attachToken(source)]));
  expect(passedOn.error?.metadata.get(DETAILS)).toEqual([Buffer.from('no status')]);
  expect(refusalDetails(Buffer.from('no status'))).toBeUndefined();
});
