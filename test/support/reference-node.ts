import { createRequire } from 'node:module';

import type * as Xmtp from '@xmtp/proto';
import { getAddress, hexlify, keccak256, SigningKey, verifyMessage } from 'ethers';

import { bytesOf, wireFields } from '../../src/token/wire-fields.js';
import { bytes, concat, uint } from './raw-proto.js';

// its ESM build has imports without file endings, which Node does not resolve
const xmtp = createRequire(import.meta.url)('@xmtp/proto') as typeof Xmtp;

const HOUR_NS = 3_600_000_000_000n;
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/**
 * Whether a node of 2022 accepts an `authorization` value, as its code reads: by @xmtp/proto and ethers, without the checks of this
 * library. It knows no restrictions, no end of a certificate and no limit of the future.
 */
export function referenceAccepts(authorization: string | undefined, nowMs: number): boolean {
  try {
    const [, text = ''] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? [];
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) || text === '') return false;
    const { identityKey, authDataBytes, authDataSignature } = xmtp.authn.Token.decode(Buffer.from(text, 'base64'));
    const { walletAddr, createdNs } = xmtp.authn.AuthData.decode(authDataBytes);
    const byKey = authDataSignature?.ecdsaCompact;
    const byWallet = identityKey?.signature?.ecdsaCompact ?? identityKey?.signature?.walletEcdsaCompact;
    const point = identityKey?.secp256k1Uncompressed?.bytes;
    if (!byKey || !byWallet || !point || point.length !== 65 || point[0] !== 4) return false;
    if (byKey.bytes.length !== 64 || byWallet.bytes.length !== 64 || byWallet.recovery > 3) return false;

    const signer = getAddress(verifyMessage(statementOf(text, identityKey), signatureOf(byWallet)));
    const isSigned = [0, 1].some((recovery) => {
      const key = attempt(() =>
        SigningKey.recoverPublicKey(keccak256(authDataBytes), signatureOf({ ...byKey, recovery })),
      );
      return key === hexlify(point);
    });
    const isLow = BigInt(hexlify(byKey.bytes.subarray(32))) <= HALF_ORDER;
    const ageNs = BigInt(nowMs) * 1_000_000n - BigInt(createdNs.toString());
    return signer === walletAddr && isSigned && isLow && ageNs <= HOUR_NS;
  } catch {
    return false;
  }
}

/** The unsigned key as Go writes it again: what is unknown inside the key's own message stays. */
function statementOf(text: string, key: { timestamp: { toString(): string } }): string {
  const fieldsOf = (message: Uint8Array, number: number) =>
    wireFields(message)
      .filter((field) => field.number === number)
      .map(bytesOf);
  const messages = fieldsOf(Buffer.from(text, 'base64'), 1).flatMap((each) => fieldsOf(each, 3));
  const unsigned = concat(uint(1, BigInt(key.timestamp.toString())), bytes(3, concat(...messages)));
  const hex = Buffer.from(unsigned).toString('hex');
  return `XMTP : Create Identity\n${hex}\n\nFor more info: https://xmtp.org/signatures/`;
}

function signatureOf({ bytes: content, recovery }: { bytes: Uint8Array; recovery: number }) {
  const [r, s] = [hexlify(content.subarray(0, 32)), hexlify(content.subarray(32))];
  // ethers takes low S alone: the other form recovers the same key
  const high = BigInt(s) > HALF_ORDER;
  const low = high ? `0x${(2n * HALF_ORDER + 1n - BigInt(s)).toString(16).padStart(64, '0')}` : s;
  return { r, s: low, yParity: ((recovery & 1) ^ (high ? 1 : 0)) as 0 | 1 };
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
