import { keccak_256 } from '@noble/hashes/sha3.js';
import { Wallet } from 'ethers';
import { decodeToken } from 'grpc-wallet-auth';
import { createIdentity, createToken } from 'grpc-wallet-auth/client';
import { nativeCurve } from 'grpc-wallet-auth/curves';

const curve = nativeCurve();

/** A wallet that differs for each number and is the same in every run. */
export function wallet(number) {
  return new Wallet(`0x${(number + 1).toString(16).padStart(64, '0')}`);
}

/** Certified identities of as many wallets. */
export function identities(count) {
  return Promise.all(Array.from({ length: count }, (_, i) => createIdentity(wallet(i), { curve })));
}

/** A token of an identity as an `authorization` value, made at a time or now. */
export function header(identity, createdMs = Date.now()) {
  return `Bearer ${createToken(identity, { curve, now: () => new Date(createdMs) })}`;
}

/** The minimum work of a curve for a token: one verification and one recovery, with prepared inputs. */
export function curveWork(authorization) {
  const { identityKey, authDataBytes, authDataSignature } = fields(authorization);
  const { bytes: publicKey, signature } = identityKey;
  const digest = keccak_256(authDataBytes);
  return {
    verify: (curveToUse) => curveToUse.verify(authDataSignature.bytes, digest, publicKey),
    recover: (curveToUse) => curveToUse.recover(signature.bytes, signature.recovery, digest),
  };
}

/** The parts of a token, unverified. */
export function fields(authorization) {
  return decodeToken(authorization.slice('Bearer '.length));
}
