import type { RevokeByWalletRequest } from '../../../gen/walletauth/v1/devices_pb.js';
import { parseAddress } from '../../crypto/address.js';
import type { Curve, RecoverableSignature } from '../../crypto/curve.js';
import { recoverSigner } from '../../crypto/personal-message.js';
import { refusal } from '../../errors.js';
import { revokeText } from '../../token/revoke-statement.js';
import { OnlyAllDevices, type Statement, type Statements } from '../revocation/statements.js';
import { StatusError } from './status-error.js';

/** The fields of a request, without what generated code adds. */
export type StatementRequest = Pick<RevokeByWalletRequest, 'wallet' | 'scope' | 'signature'>;

/** How far ahead of the node the time in a statement may be, in milliseconds. */
const MAX_AHEAD_MS = 60_000;

/**
 * Revokes what a wallet has signed. Everything else is checked before the curve is used, which is once at most.
 * @returns whether it was not revoked before.
 * @throws StatusError INVALID_ARGUMENT, FAILED_PRECONDITION; AuthError INVALID_WALLET_SIGNATURE, WALLET_MISMATCH, RATE_LIMITED,
 *   AUTH_UNAVAILABLE.
 */
export async function revokeByWallet(
  statements: Statements,
  curve: Curve,
  request: StatementRequest,
): Promise<boolean> {
  const statement = statementOf(request, statements.nowMs);
  const { bytes, recovery } = signatureOf(request.signature);
  const text = revokeText({ networkName: statements.networkName, ...statement });
  const signer = recoverSigner(text, bytes, recovery, curve);
  if (signer === undefined) throw refusal('INVALID_WALLET_SIGNATURE');
  if (signer !== statement.wallet) throw refusal('WALLET_MISMATCH');
  try {
    return (await statements.keep(statement)).changed;
  } catch (error) {
    if (error instanceof OnlyAllDevices) throw new StatusError('FAILED_PRECONDITION', error.message);
    throw error;
  }
}

function statementOf({ wallet: text, scope }: StatementRequest, nowMs: number): Statement {
  const wallet = parseAddress(text);
  if (wallet === undefined) throw malformed('wallet: an address, 0x and 40 hex digits');
  if (scope.case === 'deviceId') {
    const deviceId = scope.value;
    const isOwn = deviceId.startsWith(`${wallet}/`) && /^[0-9a-f]{32}$/.test(deviceId.slice(wallet.length + 1));
    if (!isOwn) throw malformed('device_id: the wallet in EIP-55 case, a slash and 32 hex digits');
    return { wallet, scope: { deviceId } };
  }
  if (scope.case !== 'untilMs') throw malformed('scope: device_id or until_ms');
  const untilMs = Number(scope.value);
  // written so that a clock that is no number accepts nothing
  if (untilMs >= 1 && untilMs <= nowMs + MAX_AHEAD_MS) return { wallet, scope: { untilMs } };
  throw malformed('until_ms: from 1 to a minute ahead of the clock of the node');
}

/** `R ‖ S ‖ v`. */
function signatureOf(signature: Uint8Array): RecoverableSignature {
  const v = signature[64] ?? NaN;
  const recovery = v >= 27 ? v - 27 : v;
  if (signature.length === 65 && (recovery === 0 || recovery === 1)) return { bytes: signature.slice(0, 64), recovery };
  throw malformed('signature: 65 bytes, R, S, and 0, 1, 27 or 28');
}

function malformed(message: string): StatusError {
  return new StatusError('INVALID_ARGUMENT', message);
}
