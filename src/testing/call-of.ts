import { walletIdentity, withAdmission, type WalletIdentity } from '../identity.js';

const HOUR_MS = 3_600_000;

/** The caller of a test's call: an identity of `mintIdentity`, of a verifier, or of your own making. */
export interface CallCaller extends Pick<WalletIdentity, 'wallet' | 'deviceId' | 'identityKey'> {
  /** In milliseconds since the Unix epoch. Default: the system's time. */
  readonly issuedAtMs?: number | undefined;
  /** In milliseconds since the Unix epoch. Default: an hour after `issuedAtMs`. */
  readonly expiresAtMs?: number | undefined;
  /** When the wallet certified the device, in milliseconds since the Unix epoch. Default: its certificate does not tell. */
  readonly certifiedAtMs?: number | undefined;
}

/** What `getIdentity` and `requireIdentity` read of a call. */
export interface TestCall {
  /** The call's context, with the caller in it. */
  getAuthContext(): object;
}

/** A stream of `node:stream` in place of the call of a streaming handler. */
export interface TestStream {
  on(event: string, listener: (...values: never[]) => void): unknown;
}

/** What a call has that is never cancelled, for handlers made with `authenticated`; not enumerable. */
const WHILE_OPEN = Object.freeze({ cancelled: false, once: () => undefined });

/**
 * Makes the call object of an admitted call, with which a grpc-js handler is tested without a server: `getIdentity` and
 * `requireIdentity` find the caller in it. A handler must find all else that it uses in `members`.
 * @param caller `undefined` for an anonymous caller.
 * @param members the other members that the handler uses, such as `{ request }`, or a stream of `node:stream`.
 * @returns `members` itself, with `getAuthContext` added. It has the type that the handler expects.
 * @throws TypeError if the caller is not an identity.
 * @example
 * import { requireIdentity } from 'grpc-wallet-auth/grpc';
 * import { callOf, mintIdentity, testWallets } from 'grpc-wallet-auth/testing';
 *
 * const call = callOf(mintIdentity({ wallet: testWallets.bob }), { request: { id: 7 } });
 * console.log(call.request.id, requireIdentity(call).wallet);
 */
export function callOf<Call extends TestCall>(
  caller: CallCaller | undefined,
  members?: Partial<NoInfer<Call>> | TestStream,
): Call;
export function callOf<Members extends object>(caller: CallCaller | undefined, members: Members): Members & TestCall;
export function callOf(caller: CallCaller | undefined, members: object = {}): object {
  const context = withAdmission({}, { identity: caller === undefined ? undefined : identityOf(caller) });
  for (const [name, value] of Object.entries(WHILE_OPEN)) {
    if (!(name in members)) Object.defineProperty(members, name, { value, writable: true, configurable: true });
  }
  return Object.assign(members, { getAuthContext: () => context });
}

function identityOf(caller: CallCaller): WalletIdentity {
  const { wallet, deviceId, identityKey, certifiedAtMs } = caller ?? {};
  const { issuedAtMs = Date.now(), expiresAtMs = issuedAtMs + HOUR_MS } = caller ?? {};
  const texts = [wallet, deviceId].every((each) => typeof each === 'string');
  const times = [issuedAtMs, expiresAtMs, certifiedAtMs ?? 0].every((each) => Number.isSafeInteger(each));
  if (!texts || !times || !(identityKey instanceof Uint8Array)) {
    throw new TypeError('callOf takes an identity or undefined');
  }
  return walletIdentity({ wallet, deviceId, identityKey, issuedAtMs, expiresAtMs, certifiedAtMs });
}
