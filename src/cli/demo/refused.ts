import { Metadata } from '@grpc/grpc-js';

import { createToken } from '../../client/create-token.js';
import type { AuthReason } from '../../errors.js';
import { mintToken, type MintableReason, type MintTokenOptions } from '../../testing/mint-token.js';
import { bearerValue } from '../../token/bearer.js';
import { callKinds, outcomeOf, type DemoClient, type Outcome } from './calls.js';
import { DENIED_WALLET, REVOKED_DEVICE, type Stage } from './stage.js';
import type { Line } from './table.js';

type Refusal = readonly [what: string, authorization: string | undefined, status: string, reason: AuthReason];

/**
 * Every case that must be refused, each on all four kinds of call.
 * @yields each line as soon as its calls have ended.
 */
export async function* refused({ clock, device, client }: Stage): AsyncGenerator<Line> {
  const outdated = createToken(device, { now: clock.now });
  clock.advance(7_200_000);
  const bare = client();
  for (const [what, authorization, status, detail] of refusals(outdated, clock.now)) {
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    yield { what, expected: { status, detail }, got: await onAllKinds(bare, metadata) };
  }
}

/** @param outdated a good token that is two hours old. */
function refusals(outdated: string, now: () => Date): readonly Refusal[] {
  const bearer = (options: MintTokenOptions) => bearerValue(mintToken({ now, ...options }));
  const broken = (refusedFor: MintableReason) => bearer({ refusedFor });
  return [
    ['no token', undefined, 'UNAUTHENTICATED', 'MISSING_CREDENTIALS'],
    ['a scheme, no token', 'Bearer', 'UNAUTHENTICATED', 'MALFORMED_HEADER'],
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0', 'UNAUTHENTICATED', 'UNSUPPORTED_SCHEME'],
    ['5,000 characters', bearerValue('A'.repeat(5_000)), 'UNAUTHENTICATED', 'TOKEN_TOO_LARGE'],
    ['junk', bearerValue('anVuaw=='), 'UNAUTHENTICATED', 'MALFORMED_TOKEN'],
    ['two hours old', bearerValue(outdated), 'UNAUTHENTICATED', 'TOKEN_EXPIRED'],
    ['from the future', broken('TOKEN_FROM_FUTURE'), 'UNAUTHENTICATED', 'TOKEN_FROM_FUTURE'],
    ['forged signature', broken('INVALID_AUTH_DATA_SIGNATURE'), 'UNAUTHENTICATED', 'INVALID_AUTH_DATA_SIGNATURE'],
    ['forged certificate', broken('INVALID_WALLET_SIGNATURE'), 'UNAUTHENTICATED', 'INVALID_WALLET_SIGNATURE'],
    ['no certificate', broken('UNSIGNED_IDENTITY_KEY'), 'UNAUTHENTICATED', 'UNSIGNED_IDENTITY_KEY'],
    ["another's wallet", broken('WALLET_MISMATCH'), 'UNAUTHENTICATED', 'WALLET_MISMATCH'],
    ['a stolen phone', bearer({ device: REVOKED_DEVICE }), 'UNAUTHENTICATED', 'DEVICE_REVOKED'],
    ['a denied wallet', bearer({ wallet: DENIED_WALLET }), 'PERMISSION_DENIED', 'ACCESS_DENIED'],
  ];
}

/** The outcome that all four kinds have in common; where they differ, all of them. */
async function onAllKinds(client: DemoClient, metadata: Metadata): Promise<Outcome> {
  const outcomes = await Promise.all(
    Array.from(callKinds.values(), (call) => outcomeOf(call(client, metadata.clone()))),
  );
  const distinct = (of: keyof Outcome) => [...new Set(outcomes.map((outcome) => outcome[of]))].join(', ');
  return { status: distinct('status'), detail: distinct('detail') };
}
