import { createHash } from 'node:crypto';

import type { TokenEvent, WalletIdentity } from 'grpc-wallet-auth/grpc';

import type { QueueRow, Tables } from './tables.js';

/** How a release of the service finds queues. */
export interface Queues {
  /** What the gate calls with tokens that are new to the node. */
  readonly onToken?: (event: TokenEvent) => void;
  /** Empties the queue of a caller, which is made if there is none. */
  poll(identity: WalletIdentity, authorization: string): string[];
}

/** A release of the service. */
export type Release = (tables: Tables) => Queues;

/** Release 1, as it always was: a row is found by the hash of the token that the caller shows. */
export const byTokenHash: Release = (tables) => ({
  poll({ wallet }, authorization) {
    const tokenSha256 = hashOf(authorization);
    return tables.take([tables.found({ tokenSha256, wallet }, (row) => row.tokenSha256 === tokenSha256)]);
  },
});

/**
 * Release 2 writes both keys, and learns the device of rows that release 1 wrote as their tokens are shown. It finds all rows of
 * a device, so a newer token loses nothing; nodes of release 1 find theirs as before.
 */
export const byBoth: Release = (tables) => ({
  onToken: ({ deviceId, tokenSha256 }) => void tables.devicesOfTokens.set(tokenSha256, deviceId),
  poll({ wallet, deviceId }, authorization) {
    const tokenSha256 = hashOf(authorization);
    tables.found({ tokenSha256, deviceId, wallet }, (row) => row.tokenSha256 === tokenSha256);
    return tables.take(ofDevice(tables, deviceId));
  },
});

/** Release 3 knows devices alone. */
export const byDevice: Release = (tables) => ({
  poll({ wallet, deviceId }) {
    tables.found({ deviceId, wallet }, (row) => tables.deviceOf(row) === deviceId);
    return tables.take(ofDevice(tables, deviceId));
  },
});

const ofDevice = (tables: Tables, deviceId: string): QueueRow[] =>
  tables.queues.filter((row) => tables.deviceOf(row) === deviceId);

/** The same hash as `tokenSha256`: of the text after the scheme. */
function hashOf(authorization: string): string {
  return createHash('sha256')
    .update(authorization.replace(/^Bearer /, ''))
    .digest('hex');
}
