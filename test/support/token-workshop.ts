import { computeAddress, getBytes, hashMessage, hexlify, keccak256, SigningKey } from 'ethers';

import { bytes, concat, NOTHING, text, uint } from './raw-proto.js';

/** The time at which the workshop's tokens are made, unless told otherwise. */
export const NOW_MS = 1_750_000_000_000;
export const NS_PER_MS = 1_000_000n;
export const HOUR_MS = 3_600_000;

/** The order of secp256k1's group. */
export const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A key that belongs to nobody, different for each number from 1 to 255. */
export function someKey(number: number): SigningKey {
  return new SigningKey(new Uint8Array(32).fill(number));
}

export const alice = someKey(0xa1);
export const bob = someKey(0xb0);
export const aliceAddress = computeAddress(alice);
export const bobAddress = computeAddress(bob);

/** A signature as a token carries it; `field` 1 is `ecdsa_compact`, 2 is `wallet_ecdsa_compact`. */
export interface RawSignature {
  readonly field: number;
  readonly bytes: Uint8Array;
  readonly recovery: number | bigint;
}

/** Every part that a token is built from, each made from those before it. `…Field` is a part with its tag around it. */
export interface TokenPlan {
  readonly wallet: SigningKey;
  readonly device: SigningKey;
  readonly keyTimestamp: bigint;
  readonly keyBytes: Uint8Array;
  readonly keyUnionField: Uint8Array;
  readonly statement: string;
  readonly walletSignature: RawSignature;
  readonly walletSignatureField: Uint8Array;
  readonly identityKeyField: Uint8Array;
  readonly claims: string;
  readonly createdNs: bigint;
  readonly authData: Uint8Array;
  readonly authDataField: Uint8Array;
  readonly authSignature: RawSignature;
  readonly authSignatureField: Uint8Array;
  readonly token: Uint8Array;
}

/**
 * Builds a token and gives back all of its parts. A part given in `changes` is taken as it is, and the parts after it are
 * made from it: so a token can be broken in one place and be right everywhere else. Leave a field out with `NOTHING`.
 * Nothing of the library is used here.
 */
export function planToken(changes: Partial<TokenPlan> = {}): TokenPlan {
  const wallet = changes.wallet ?? alice;
  const device = changes.device ?? someKey(1);
  const keyTimestamp = changes.keyTimestamp ?? 1_700_000_000_123n;
  const keyBytes = changes.keyBytes ?? getBytes(device.publicKey);
  const keyUnionField = changes.keyUnionField ?? bytes(3, bytes(1, keyBytes));
  const statement = changes.statement ?? statementFor(concat(uint(1, keyTimestamp), keyUnionField));
  const walletSignature = changes.walletSignature ?? sign(wallet, hashMessage(statement));
  const walletSignatureField = changes.walletSignatureField ?? signatureField(2, walletSignature);
  const identityKeyField =
    changes.identityKeyField ?? bytes(1, concat(uint(1, keyTimestamp), walletSignatureField, keyUnionField));
  const claims = changes.claims ?? computeAddress(wallet);
  const createdNs = changes.createdNs ?? BigInt(NOW_MS) * NS_PER_MS;
  const authData = changes.authData ?? concat(text(1, claims), uint(2, createdNs));
  const authDataField = changes.authDataField ?? bytes(2, authData);
  const authSignature = changes.authSignature ?? sign(device, keccak256(authData));
  const authSignatureField = changes.authSignatureField ?? signatureField(3, authSignature);
  const token = changes.token ?? concat(identityKeyField, authDataField, authSignatureField);
  return {
    wallet,
    device,
    keyTimestamp,
    keyBytes,
    keyUnionField,
    statement,
    walletSignature,
    walletSignatureField,
    identityKeyField,
    claims,
    createdNs,
    authData,
    authDataField,
    authSignature,
    authSignatureField,
    token,
  };
}

/** The token's text. */
export function tokenText(changes: Partial<TokenPlan> = {}): string {
  return base64(planToken(changes).token);
}

/** The token as an `authorization` value. */
export function bearer(changes: Partial<TokenPlan> = {}): string {
  return `Bearer ${tokenText(changes)}`;
}

/** Standard base64 with padding, by Node. */
export function base64(content: Uint8Array): string {
  return Buffer.from(content).toString('base64');
}

/** PROTOCOL.md section 2, written out again. */
export function statementFor(unsignedKey: Uint8Array): string {
  const hex = hexlify(unsignedKey).slice(2);
  return `XMTP : Create Identity\n${hex}\n\nFor more info: https://xmtp.org/signatures/`;
}

/** A `Signature` message under a field number of its parent. */
export function signatureField(parentField: number, signature: RawSignature): Uint8Array {
  const { field, recovery } = signature;
  return bytes(parentField, bytes(field, concat(bytes(1, signature.bytes), uint(2, recovery))));
}

const signed = new Map<string, RawSignature>();

/** Signs a digest with ethers: low S, `ecdsa_compact`. */
export function sign(key: SigningKey, digest: string): RawSignature {
  const memo = key.privateKey + digest;
  const known = signed.get(memo);
  if (known) return known;
  const { r, s, yParity } = key.sign(digest);
  const signature = { field: 1, bytes: concat(getBytes(r), getBytes(s)), recovery: yParity };
  signed.set(memo, signature);
  return signature;
}

/** The same signature in its other form: S becomes n − S and the recovery id changes parity. */
export function withOtherS(signature: RawSignature): RawSignature {
  const s = CURVE_ORDER - toBigInt(signature.bytes.subarray(32));
  const recovery = Number(signature.recovery) ^ 1;
  return { ...signature, bytes: concat(signature.bytes.subarray(0, 32), to32Bytes(s)), recovery };
}

/** Changes one bit, counted from the first byte's highest. */
export function flipBit(content: Uint8Array, bit: number): Uint8Array {
  const copy = content.slice();
  copy[bit >> 3]! ^= 0x80 >> (bit & 7);
  return copy;
}

export function toBigInt(content: Uint8Array): bigint {
  return BigInt(hexlify(content));
}

export function to32Bytes(value: bigint): Uint8Array {
  return getBytes(`0x${value.toString(16).padStart(64, '0')}`);
}

export { NOTHING };
