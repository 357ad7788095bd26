import { fromHex } from '../../crypto/hex.js';
import { planToken, tokenText, type TokenPlan } from './plan-token.js';
import { bytes, concat, NOTHING, text, uint, written } from './raw-proto.js';

export const HOUR_MS = 3_600_000;
export const NS_PER_MS = 1_000_000n;

/** What tokens are made of: keys, the time, and what is known of the node. */
export interface Kit {
  /** By the node's clock, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** When the wallet certified the device, in milliseconds since the Unix epoch. */
  readonly certifiedMs: number;
  /** `package.Service/Method`. */
  readonly method: string;
  /** Private keys, 32 bytes each. */
  readonly wallet: Uint8Array;
  readonly device: Uint8Array;
  readonly otherWallet: Uint8Array;
  readonly otherDevice: Uint8Array;
  /** A name of the node; `undefined` if none is known. */
  readonly audience: string | undefined;
  /** A challenge that the node takes now, 32 hex digits; `undefined` if it has none. */
  readonly challenge: string | undefined;
  /** What the node demands of every token. */
  readonly demanded: { readonly audience: boolean; readonly challenge: boolean };
  readonly maxAgeMs: number;
  readonly maxFutureSkewMs: number;
}

/** Restrictions, each as it is written; what is left out is not. */
export interface Restrictions {
  readonly audience?: readonly string[];
  readonly expiresMs?: number;
  readonly challenge?: Uint8Array;
  readonly methods?: readonly string[];
  readonly proofRequired?: boolean;
  readonly strict?: boolean;
  /** Bytes after all others. */
  readonly more?: Uint8Array;
}

/** The content of `walletauth.v1.Restrictions`. */
export function restrictionsOf(restrictions: Restrictions): Uint8Array {
  const { audience = [], expiresMs, challenge, methods = [], proofRequired, strict, more = NOTHING } = restrictions;
  return concat(
    ...audience.map((name) => text(1, name)),
    expiresMs === undefined ? NOTHING : written(2, BigInt(expiresMs) * NS_PER_MS),
    challenge === undefined ? NOTHING : bytes(3, challenge),
    ...methods.map((pattern) => text(4, pattern)),
    uint(5, proofRequired === true ? 1 : 0),
    uint(6, strict === true ? 1 : 0),
    more,
  );
}

/** What the node demands, so that a token is refused for nothing else. */
export function demandedOf({ demanded, audience, challenge }: Kit): Restrictions {
  return {
    ...(demanded.audience && audience !== undefined && { audience: [audience] }),
    ...(demanded.challenge && challenge !== undefined && { challenge: challengeBytes(challenge) }),
  };
}

/** 16 bytes. @param hex 32 digits. */
export function challengeBytes(hex: string): Uint8Array {
  return fromHex(`0x${hex}`) ?? NOTHING;
}

/** The parts that every token of a kit has, unless they are changed. */
export function basis(kit: Kit) {
  return {
    wallet: kit.wallet,
    device: kit.device,
    keyTimestamp: BigInt(kit.certifiedMs),
    createdNs: BigInt(kit.nowMs) * NS_PER_MS,
    restrictions: restrictionsOf(demandedOf(kit)),
  };
}

/** An `authorization` value with a token that is good but for the changes. */
export function bearer(kit: Kit, changes: Partial<TokenPlan> = {}): string {
  return `Bearer ${tokenText({ ...basis(kit), ...changes })}`;
}

/** The same with restrictions beside those that the node demands. */
export function restricted(kit: Kit, restrictions: Restrictions, changes: Partial<TokenPlan> = {}): string {
  const all = { ...demandedOf(kit), ...restrictions };
  return bearer(kit, { restrictions: restrictionsOf(all), strict: all.strict ?? false, ...changes });
}

/** Makes a token that is good but for what is changed of its parts. */
export function changed(change: (good: TokenPlan, kit: Kit) => Partial<TokenPlan>): (kit: Kit) => string {
  return (kit) => bearer(kit, change(planToken(basis(kit)), kit));
}
