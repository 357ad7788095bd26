import { createHmac } from 'node:crypto';

import type { Kit } from '../../src/cli/conformance/kit.js';
import { sha256 } from '../../src/crypto/hash.js';
import { fromHex } from '../../src/crypto/hex.js';
import { testWallets } from '../../src/testing/test-wallets.js';

/** The time of the vectors that are made: 31 January 2026, noon, UTC. A slot of challenges begins then. */
export const NOW_MS = Date.UTC(2026, 0, 31, 12);
export const METHOD = 'notes.v1.NotesService/List';
export const AUDIENCE = 'node.example:443';
/** Public, as all secrets of the vectors are. */
export const SECRET = 'a public secret of test vectors, never for a node';
export const OTHER_SECRET = 'another public secret of test vectors, for no node';
export const SLOT_MS = 600_000;

/** A node with a name and challenges. */
export const NAMED = { audience: [AUDIENCE], challenge: { secrets: [SECRET] } } as const;

/** PROTOCOL.md section 13, by Node's own HMAC. @returns 32 hex digits. */
export function challengeAt(ms: number, secret = SECRET, slotMs = SLOT_MS): string {
  const text = `walletauth/challenge/1\n${slotMs}\n${Math.floor(ms / slotMs)}`;
  return createHmac('sha256', secret).update(text).digest('hex').slice(0, 32);
}

const { alice, bob } = testWallets;
const keyOf = (hex: string) => fromHex(hex) ?? new Uint8Array();
const deviceOf = (wallet: string, name: string) =>
  sha256(new TextEncoder().encode(`grpc-wallet-auth test device ${wallet} ${name}`));

/** The keys and the time of all vectors that are made. The device is that of `mintIdentity()`, Alice's phone. */
export const kit: Kit = {
  nowMs: NOW_MS,
  certifiedMs: NOW_MS - 3_600_000,
  method: METHOD,
  wallet: keyOf(alice.privateKey),
  device: deviceOf(alice.address, 'phone'),
  otherWallet: keyOf(bob.privateKey),
  otherDevice: deviceOf(alice.address, 'laptop'),
  audience: AUDIENCE,
  challenge: challengeAt(NOW_MS),
  demanded: { audience: false, challenge: false },
  maxAgeMs: 3_600_000,
  maxFutureSkewMs: 60_000,
};
