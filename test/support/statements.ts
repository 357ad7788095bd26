import type { RevokeByWalletRequest } from '../../gen/walletauth/v1/devices_pb.js';
import { signRevocation, type SignedRevocation, type WalletLike } from '../../src/client/index.js';
import { testWallets } from '../../src/testing/index.js';

export const networkName = 'notes.example';

/** Has a wallet sign a statement, Alice's unless told otherwise. */
export function stated(
  scope: { deviceId: string } | { untilMs: number },
  wallet: WalletLike = testWallets.alice,
  network = networkName,
): Promise<SignedRevocation> {
  const what = 'deviceId' in scope ? scope : { until: new Date(scope.untilMs) };
  return signRevocation(wallet, { networkName: network, ...what });
}

/** The request that brings a statement. */
export function requestOf({ wallet, deviceId, untilMs, signature }: SignedRevocation): StatementFields {
  const scope: StatementFields['scope'] =
    deviceId === undefined ? { case: 'untilMs', value: BigInt(untilMs ?? 0) } : { case: 'deviceId', value: deviceId };
  return { wallet, scope, signature };
}

export type StatementFields = Pick<RevokeByWalletRequest, 'wallet' | 'scope' | 'signature'>;

/** The order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other signature by the same key: S turned over, and with it the recovery id, if told. */
export function withHighS(signature: Uint8Array, flipRecovery: boolean): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString('hex')}`);
  const high = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex');
  const v = signature[64] ?? 0;
  return Uint8Array.of(...signature.subarray(0, 32), ...high, flipRecovery ? v ^ 1 : v);
}
