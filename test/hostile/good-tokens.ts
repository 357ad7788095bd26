import { computeAddress, getBytes, hashMessage, keccak256, SigningKey } from 'ethers';

import { alice, bob, NOW_MS, NS_PER_MS, someKey, statementFor } from '../support/token-workshop.js';
import { encode, join, valueAt, withValue, type Message, type Path } from './wire-model.js';

/** Signs a digest of 32 bytes: `R ‖ S` and the recovery id. */
export type Sign = (
  privateKey: Uint8Array,
  digest: Uint8Array,
) => { readonly bytes: Uint8Array; readonly recovery: number };

/** Slow, and independent of the library. */
export const signWithEthers: Sign = (privateKey, digest) => {
  const { r, s, yParity } = new SigningKey(privateKey).sign(digest);
  return { bytes: join([getBytes(r), getBytes(s)]), recovery: yParity };
};

/** Where the parts of a token are. The wallet's signature is of one of two kinds, and so under one of two numbers. */
export const TIMESTAMP: Path = [1, 1];
export const KEY_UNION: Path = [1, 3];
export const KEY_BYTES: Path = [1, 3, 1];
export const AUTH_DATA: Path = [2];
export const CLAIMS: Path = [2, 1];
export const CREATED: Path = [2, 2];
export const AUTH_SIGNATURE: Path = [3, 1, 1];
export const AUTH_RECOVERY: Path = [3, 1, 2];

/** A good token in all of its parts. */
export interface GoodToken {
  readonly address: string;
  readonly wallet: SigningKey;
  readonly device: SigningKey;
  /** 1 is `ecdsa_compact`, 2 is `wallet_ecdsa_compact`. */
  readonly kind: 1 | 2;
  readonly message: Message;
}

export const NOW_NS = BigInt(NOW_MS) * NS_PER_MS;

const pathsOf = (kind: number) => ({
  walletSignature: [1, 2, kind] as Path,
  walletBytes: [1, 2, kind, 1] as Path,
  walletRecovery: [1, 2, kind, 2] as Path,
});
export const wallets = { 1: pathsOf(1), 2: pathsOf(2) } as const;

/** Makes good tokens and signs what was changed in them. Nothing of the library is used to build them. */
export function tokenMaker(sign: Sign) {
  const secret = ({ privateKey }: SigningKey) => getBytes(privateKey);

  /** The wallet's signature of a digest, as the fields of its message. Zero is left out, as proto3 does. */
  function compact(key: SigningKey, digest: Uint8Array): Message {
    const { bytes, recovery } = sign(secret(key), digest);
    return [{ number: 1, value: bytes }, ...(recovery === 0 ? [] : [{ number: 2, value: BigInt(recovery) }])];
  }

  function unsignedKey(message: Message): Uint8Array {
    const timestamp = valueAt(message, TIMESTAMP) as bigint;
    return encode([
      ...(timestamp === 0n ? [] : [{ number: 1, value: timestamp }]),
      { number: 3, value: [{ number: 1, value: valueAt(message, KEY_BYTES) }] },
    ]);
  }

  /** The token with its auth data signed again, by its own device unless told otherwise. */
  function signed(token: GoodToken, message: Message, device = token.device): Message {
    const digest = getBytes(keccak256(authDataOf(message)));
    return withValue(message, [3, 1], compact(device, digest));
  }

  /** The token with its identity key certified again, whatever the key is by now. */
  function certified(token: GoodToken, message: Message, digest = statementDigest(message)): Message {
    return withValue(message, wallets[token.kind].walletSignature, compact(token.wallet, digest));
  }

  function statementDigest(message: Message, change: (statement: string) => string = (text) => text): Uint8Array {
    return getBytes(hashMessage(change(statementFor(unsignedKey(message)))));
  }

  function make(wallet: SigningKey, device: SigningKey, kind: 1 | 2, timestamp: bigint, createdNs = NOW_NS): GoodToken {
    const address = computeAddress(wallet);
    const bare: Message = [
      {
        number: 1,
        value: [
          { number: 1, value: timestamp },
          { number: 2, value: [{ number: kind, value: [] }] },
          { number: 3, value: [{ number: 1, value: getBytes(device.publicKey) }] },
        ],
      },
      {
        number: 2,
        value: [
          { number: 1, value: new TextEncoder().encode(address) },
          { number: 2, value: createdNs },
        ],
      },
      { number: 3, value: [{ number: 1, value: [] }] },
    ];
    const token: GoodToken = { address, wallet, device, kind, message: bare };
    return { ...token, message: signed(token, certified(token, bare)) };
  }

  /** Two wallets, devices of their own, both kinds, times in milliseconds and nanoseconds, recovery ids 0 and 1. */
  const pool = Array.from({ length: 8 }, (_, i) => {
    const timestamp = i % 4 === 0 ? 1_700_000_000_123n : i % 4 === 1 ? 1_700_000_000_123_456_789n : BigInt(i);
    return make(i % 2 === 0 ? alice : bob, someKey(i + 1), i < 4 ? 1 : 2, timestamp, NOW_NS - BigInt(i) * NS_PER_MS);
  });

  return { pool, signed, certified, statementDigest, unsignedKey };
}

export type TokenMaker = ReturnType<typeof tokenMaker>;

/** The bytes that the device signs; whatever stands for the auth data at the end of the token. */
export function authDataOf(message: Message): Uint8Array {
  const value = valueAt(message, AUTH_DATA);
  if (typeof value === 'bigint') throw new Error('auth data are bytes');
  return value instanceof Uint8Array ? value : encode(value);
}
