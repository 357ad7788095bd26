import { encodeBase64 } from '../../bytes/base64.js';
import { addressOf } from '../../crypto/address.js';
import { keccak256 } from '../../crypto/hash.js';
import { toHex } from '../../crypto/hex.js';
import { nobleCurve } from '../../crypto/noble-curve.js';
import { xmtpStatement } from '../../token/statement.js';
import { strictForm } from '../../token/strict-form.js';
import { NOTHING, bytes, concat, text, uint } from './raw-proto.js';
import { certify, pointOf } from './signing.js';

/** A signature as a token carries it; `field` 1 is `ecdsa_compact`, 2 is `wallet_ecdsa_compact`. */
export interface RawSignature {
  readonly field: number;
  readonly bytes: Uint8Array;
  readonly recovery: number;
}

/** Every part that a token is built from, each made of those before it. `…Field` is a part with its tag. */
export interface TokenPlan {
  /** The wallet's private key, 32 bytes. */
  readonly wallet: Uint8Array;
  /** The device's private key, 32 bytes. */
  readonly device: Uint8Array;
  readonly keyTimestamp: bigint;
  /** 0 for a certificate without an end. */
  readonly notAfterNs: bigint;
  /** 65 bytes in a good token. */
  readonly point: Uint8Array;
  /** The message around the point, and with its tag. */
  readonly keyMessage: Uint8Array;
  readonly keyField: Uint8Array;
  /** What the wallet's statement quotes, and the statement. */
  readonly quoted: Uint8Array;
  readonly statement: string;
  readonly walletSignature: RawSignature;
  readonly walletSignatureField: Uint8Array;
  readonly identityKeyField: Uint8Array;
  readonly claims: string;
  readonly createdNs: bigint;
  /** The content of `restrictions`; empty for none. */
  readonly restrictions: Uint8Array;
  readonly strict: boolean;
  readonly authData: Uint8Array;
  readonly authDataField: Uint8Array;
  /** What the device signs the hash of. */
  readonly signed: Uint8Array;
  readonly authSignature: RawSignature;
  readonly authSignatureField: Uint8Array;
  readonly token: Uint8Array;
}

/** What a plan cannot do without. */
export type PlanBasis = Pick<TokenPlan, 'wallet' | 'device' | 'keyTimestamp' | 'createdNs'>;

/**
 * Builds a token and gives all of its parts. A part given in `changes` is taken as it is, and the parts after it are made of it: so a
 * token can be broken in one place and be right everywhere else. A field is left out with `NOTHING`.
 */
export function planToken(changes: PlanBasis & Partial<TokenPlan>): TokenPlan {
  const { wallet, device, keyTimestamp, createdNs } = changes;
  const notAfterNs = changes.notAfterNs ?? 0n;
  const point = changes.point ?? pointOf(device);
  const keyMessage = changes.keyMessage ?? concat(bytes(1, point), uint(1600, notAfterNs));
  const keyField = changes.keyField ?? bytes(3, keyMessage);
  const quoted = changes.quoted ?? concat(uint(1, keyTimestamp), keyField);
  const statement = changes.statement ?? statementOf(quoted);
  const walletSignature = changes.walletSignature ?? { field: 1, ...certify(wallet, statement) };
  const walletSignatureField = changes.walletSignatureField ?? signatureField(2, walletSignature);
  const identityKeyField =
    changes.identityKeyField ?? bytes(1, concat(uint(1, keyTimestamp), walletSignatureField, keyField));
  const claims = changes.claims ?? addressOf(pointOf(wallet));
  const restrictions = changes.restrictions ?? NOTHING;
  const strict = changes.strict ?? false;
  const restrictionsField = restrictions.length > 0 ? bytes(1600, restrictions) : NOTHING;
  const authData = changes.authData ?? concat(text(1, claims), uint(2, createdNs), restrictionsField);
  const authDataField = changes.authDataField ?? bytes(2, authData);
  const signed = changes.signed ?? (strict ? strictForm(authData) : authData);
  const authSignature = changes.authSignature ?? { field: 1, ...nobleCurve.sign(keccak256(signed), device) };
  const authSignatureField = changes.authSignatureField ?? signatureField(3, authSignature);
  const token = changes.token ?? concat(identityKeyField, authDataField, authSignatureField);
  return {
    wallet,
    device,
    keyTimestamp,
    notAfterNs,
    point,
    keyMessage,
    keyField,
    quoted,
    statement,
    walletSignature,
    walletSignatureField,
    identityKeyField,
    claims,
    createdNs,
    restrictions,
    strict,
    authData,
    authDataField,
    signed,
    authSignature,
    authSignatureField,
    token,
  };
}

/** Standard base64 with padding. */
export function tokenText(changes: PlanBasis & Partial<TokenPlan>): string {
  return encodeBase64(planToken(changes).token);
}

/** A `Signature` message under a field number of its parent. */
export function signatureField(parentField: number, { field, bytes: content, recovery }: RawSignature): Uint8Array {
  return bytes(parentField, bytes(field, concat(bytes(1, content), uint(2, recovery))));
}

/** The order of secp256k1's group. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The same signature in its other form: S becomes n - S and the recovery id changes parity. */
export function withOtherS(signature: RawSignature): RawSignature {
  const s = ORDER - BigInt(toHex(signature.bytes.subarray(32)));
  const hex = s.toString(16).padStart(64, '0');
  const other = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  return { ...signature, bytes: concat(signature.bytes.subarray(0, 32), other), recovery: signature.recovery ^ 1 };
}

function statementOf(quoted: Uint8Array): string {
  return `${xmtpStatement.title}\n${toHex(quoted).slice(2)}\n\n${xmtpStatement.closing}`;
}
