import { describe, expect, it } from 'vitest';

import { createVerifier, type AuthReason } from '../../src/index.js';
import { countingCurve } from '../support/counting-curve.js';
import { bytes, concat, group, NOTHING, tag, text, uint } from '../support/raw-proto.js';
import { reasonOf } from '../support/refusal-of.js';
import {
  alice,
  aliceAddress,
  base64,
  bearer,
  bobAddress,
  flipBit,
  HOUR_MS,
  NOW_MS,
  NS_PER_MS,
  planToken,
  signatureField,
  someKey,
  type TokenPlan,
} from '../support/token-workshop.js';

/** One way to break a good token. */
interface Fault {
  readonly reason: AuthReason;
  readonly what: string;
  /** The place that is broken. Two faults can be told apart only if neither place is inside the other. */
  readonly place: string;
  /** The step of PROTOCOL.md section 4. */
  readonly step: 2 | 3 | 4 | 5 | 7 | 8 | 9;
  readonly changes?: Partial<TokenPlan>;
  /** Faults of the auth data are put together before it is signed. */
  readonly authData?: { claims?: string; createdNs?: bigint; end?: Uint8Array };
  readonly end?: Uint8Array;
  readonly revoked?: boolean;
}

const { keyUnionField, keyBytes, walletSignature, authSignature } = planToken();
const nowNs = BigInt(NOW_MS) * NS_PER_MS;
const unknownType = bytes(9, bytes(1, new Uint8Array(64)));
const cut = tag(9, 2);
const wrongKind = { ...authSignature, field: 2 };

/** In the order in which they must be found. */
const faults: readonly Fault[] = [
  { step: 2, reason: 'MALFORMED_TOKEN', what: 'the end is missing', place: 'end', end: cut },
  {
    step: 2,
    reason: 'MISSING_IDENTITY_KEY',
    what: 'no identity key',
    place: 'key',
    changes: { identityKeyField: NOTHING },
  },
  {
    step: 2,
    reason: 'UNSIGNED_IDENTITY_KEY',
    what: 'the identity key is not signed',
    place: 'key.signature',
    changes: { walletSignatureField: NOTHING },
  },
  {
    step: 2,
    reason: 'UNSUPPORTED_KEY_TYPE',
    what: 'a key of unknown type',
    place: 'key.union',
    changes: { keyUnionField: unknownType },
  },
  {
    step: 2,
    reason: 'UNSUPPORTED_SIGNATURE_TYPE',
    what: 'a wallet signature of unknown type',
    place: 'key.signature.union',
    changes: { walletSignatureField: bytes(2, unknownType) },
  },
  {
    step: 2,
    reason: 'MISSING_AUTH_DATA',
    what: 'no auth data',
    place: 'authData',
    changes: { authData: NOTHING },
  },
  {
    step: 2,
    reason: 'MISSING_AUTH_DATA_SIGNATURE',
    what: 'no auth data signature',
    place: 'authSignature',
    changes: { authSignatureField: NOTHING },
  },
  {
    step: 2,
    reason: 'UNSUPPORTED_SIGNATURE_TYPE',
    what: 'auth data signed as by a wallet',
    place: 'authSignature.union',
    changes: { authSignatureField: signatureField(3, wrongKind) },
  },
  {
    step: 3,
    reason: 'INVALID_IDENTITY_KEY',
    what: 'a hybrid key',
    place: 'key.union.bytes',
    changes: { keyUnionField: bytes(3, bytes(1, concat(Uint8Array.of(6), keyBytes.subarray(1)))) },
  },
  {
    step: 3,
    reason: 'INVALID_WALLET_SIGNATURE',
    what: 'wallet recovery id 27',
    place: 'key.signature.union.bytes',
    changes: { walletSignature: { ...walletSignature, recovery: 27 } },
  },
  {
    step: 3,
    reason: 'INVALID_AUTH_DATA_SIGNATURE',
    what: 'an auth data signature of 65 bytes',
    place: 'authSignature.union.bytes',
    changes: { authSignature: { ...authSignature, bytes: new Uint8Array(65) } },
  },
  {
    step: 4,
    reason: 'MALFORMED_AUTH_DATA',
    what: 'the end of the auth data is missing',
    place: 'authData.end',
    authData: { end: cut },
  },
  {
    step: 4,
    reason: 'INVALID_WALLET_ADDRESS',
    what: 'an address of 39 digits',
    place: 'authData.claims',
    authData: { claims: aliceAddress.slice(0, -1) },
  },
  {
    step: 5,
    reason: 'TOKEN_FROM_FUTURE',
    what: 'made tomorrow',
    place: 'authData.createdNs',
    authData: { createdNs: nowNs + 24n * 3_600_000n * NS_PER_MS },
  },
  {
    step: 5,
    reason: 'TOKEN_EXPIRED',
    what: 'made yesterday',
    place: 'authData.createdNs',
    authData: { createdNs: nowNs - 24n * 3_600_000n * NS_PER_MS },
  },
  {
    step: 7,
    reason: 'INVALID_AUTH_DATA_SIGNATURE',
    what: 'auth data signed by another key',
    place: 'authSignature.union.bytes',
    changes: { authSignature: { ...authSignature, bytes: flipBit(authSignature.bytes, 511) } },
  },
  {
    step: 8,
    reason: 'INVALID_WALLET_SIGNATURE',
    what: 'a wallet signature that no key can make',
    place: 'key.signature.union.bytes',
    changes: { walletSignature: { ...walletSignature, bytes: new Uint8Array(64) } },
  },
  {
    step: 8,
    reason: 'WALLET_MISMATCH',
    what: 'the address of another wallet',
    place: 'authData.claims',
    authData: { claims: bobAddress },
  },
  // after the signatures: only a caller that proved the device may learn that it is revoked
  { step: 9, reason: 'DEVICE_REVOKED', what: 'a revoked device', place: 'isRevoked', revoked: true },
];

function build(...broken: readonly Fault[]): string {
  const { claims, createdNs, end } = Object.assign({}, ...broken.map(({ authData }) => authData)) as NonNullable<
    Fault['authData']
  >;
  const authData = concat(text(1, claims ?? aliceAddress), uint(2, createdNs ?? nowNs), end ?? NOTHING);
  const plan = planToken(Object.assign({ authData }, ...broken.map(({ changes }) => changes)) as Partial<TokenPlan>);
  return `Bearer ${base64(concat(plan.token, ...broken.map((fault) => fault.end ?? NOTHING)))}`;
}

function judge(...broken: readonly Fault[]) {
  const curve = countingCurve();
  const isRevoked = () => broken.some(({ revoked }) => revoked);
  const verifier = createVerifier({ curve, now: () => new Date(NOW_MS), isRevoked });
  const reason = reasonOf(() => verifier.verify(build(...broken)));
  return { reason, calls: curve.calls };
}

const overlap = (one: Fault, other: Fault) =>
  `${one.place}.`.startsWith(`${other.place}.`) || `${other.place}.`.startsWith(`${one.place}.`);
const pairs = faults.flatMap((first, i) =>
  faults.slice(i + 1).flatMap((second) => (overlap(first, second) ? [] : [[first, second] as const])),
);

describe('a token broken in one place', () => {
  it('would be good without the fault', () => {
    const verifier = createVerifier({ now: () => new Date(NOW_MS), isRevoked: () => false });
    expect(verifier.verify(build()).wallet).toBe(aliceAddress);
  });

  it.each(faults)('$what: $reason', (fault) => {
    expect(judge(fault).reason).toBe(fault.reason);
  });
});

describe('the order of PROTOCOL.md section 4: a token broken in two places gives the reason of the earlier step', () => {
  it.each(pairs.map(([first, second]) => ({ first, second })))('$first.what, and $second.what', ({ first, second }) => {
    expect(judge(first, second).reason).toBe(first.reason);
    expect(judge(second, first).reason).toBe(first.reason);
  });

  it('is shown between every two steps that follow each other', () => {
    const shown = new Set(pairs.map(([first, second]) => `${first.step}${second.step}`));
    for (const step of ['22', '23', '33', '34', '44', '45', '57', '78', '89']) expect(shown).toContain(step);
  });
});

describe('the curve', () => {
  const cheap = faults.filter(({ step }) => step < 7);

  it.each(cheap)('is not touched for a token with this fault: $what', (fault) => {
    expect(judge(fault).calls).toEqual({ verify: 0, recover: 0 });
  });

  it('does not recover the wallet before the auth data signature was found good', () => {
    const forged = faults.find(({ step }) => step === 7)!;
    expect(judge(forged).calls).toEqual({ verify: 1, recover: 0 });
  });

  it('is called once for each signature of a good token', () => {
    const curve = countingCurve();
    createVerifier({ curve, now: () => new Date(NOW_MS) }).verify(build());
    expect(curve.calls).toEqual({ verify: 1, recover: 1 });
  });
});

describe('further faults of the signed parts', () => {
  const verify = (value: string) => createVerifier({ now: () => new Date(NOW_MS) }).verify(value);

  it('a signature over other auth data than the token has', () => {
    const other = planToken({ createdNs: nowNs + 1n });
    expect(reasonOf(() => verify(bearer({ authSignature: other.authSignature })))).toBe('INVALID_AUTH_DATA_SIGNATURE');
  });

  it('auth data that means the same, in other bytes than were signed', () => {
    const { authData } = planToken();
    const same = concat(authData, group(9, NOTHING));
    expect(reasonOf(() => verify(bearer({ authData: same, authSignature })))).toBe('INVALID_AUTH_DATA_SIGNATURE');
    expect(verify(bearer({ authData: same })).wallet).toBe(aliceAddress);
  });

  it('an identity key that is not on the curve, certified by the wallet as it stands', () => {
    const offCurve = flipBit(keyBytes, 519);
    expect(reasonOf(() => verify(bearer({ keyBytes: offCurve })))).toBe('INVALID_AUTH_DATA_SIGNATURE');
  });

  it('a certificate of another key of the same wallet', () => {
    const other = planToken({ device: someKey(2) });
    const changes = { walletSignature: other.walletSignature };
    expect(reasonOf(() => verify(bearer(changes)))).toBe('WALLET_MISMATCH');
  });

  it('a certificate for another timestamp of the same key', () => {
    const other = planToken({ keyTimestamp: 5n });
    expect(reasonOf(() => verify(bearer({ walletSignature: other.walletSignature })))).toBe('WALLET_MISMATCH');
  });

  it('a certificate with the statement text of another network', () => {
    const statement = planToken().statement.replace('XMTP', 'YMTP');
    expect(reasonOf(() => verify(bearer({ statement })))).toBe('WALLET_MISMATCH');
    const words = { title: 'YMTP : Create Identity', closing: 'For more info: https://xmtp.org/signatures/' };
    const theirs = createVerifier({ now: () => new Date(NOW_MS), statement: words });
    expect(theirs.verify(bearer({ statement })).wallet).toBe(aliceAddress);
  });

  it('the wallet itself as identity key is a device like any other', () => {
    expect(verify(bearer({ device: alice })).wallet).toBe(aliceAddress);
  });

  it('unknown fields and another order inside the key do not change the text that the wallet is held to have signed', () => {
    const { keyTimestamp, walletSignatureField } = planToken();
    const odd = bytes(1, concat(uint(7, 7), keyUnionField, walletSignatureField, uint(1, keyTimestamp), text(8, 'x')));
    expect(verify(bearer({ identityKeyField: odd })).wallet).toBe(aliceAddress);
  });

  it('a token made long ago is still expired when its creation time is left out or 0', () => {
    for (const authData of [text(1, aliceAddress), concat(text(1, aliceAddress), tag(2, 0), Uint8Array.of(0))]) {
      expect(reasonOf(() => verify(bearer({ authData })))).toBe('TOKEN_EXPIRED');
      const longAgo = createVerifier({ now: () => new Date(HOUR_MS) });
      expect(longAgo.verify(bearer({ authData })).issuedAtMs).toBe(0);
    }
  });
});
