import type { DevicesOfGate } from '../../devices/device-registry.js';
import type { Leases } from '../../devices/leases/leases.js';
import { asAuthError } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import type { AuthorizationValue } from '../../token/bearer.js';
import { PendingToken } from '../../verify/pending-token.js';
import { checkMethods } from '../../verify/restrictions.js';
import { callerAddress } from '../call/client-address.js';
import type { VerificationQueue } from '../queue/verification-queue.js';
import type { Answer, CallContext } from './pipeline.js';
import type { TokenStages } from './token-stages.js';

/** Takes note of an identity that a call has proven, whatever becomes of the call. @throws AuthError if it is refused. */
export type NoteIdentity = (call: CallContext, identity: WalletIdentity) => void;

/** What authenticates calls. */
export interface Authentication {
  readonly stages: TokenStages;
  /** Where tokens wait that need the curve; `undefined` if none has to. */
  readonly queue: VerificationQueue | undefined;
  /** Called with every identity. */
  readonly note: NoteIdentity;
}

/**
 * The step where a token is required.
 * @returns a promise only if the token has to wait for the curve.
 */
export function authenticate(call: CallContext, authentication: Authentication): Answer | Promise<Answer> {
  const { stages, queue } = authentication;
  const found = stages.begin(call);
  if (!(found instanceof PendingToken)) return accept(call, found, authentication);
  if (queue === undefined) return accept(call, stages.finish(call, found), authentication);
  if (!queue.isBusy)
    return accept(
      call,
      queue.runNow(() => stages.finish(call, found)),
      authentication,
    );
  const { address } = call;
  const identity = queue.wait(address === undefined ? '' : callerAddress(address), {
    run: () => stages.recheck(call, found) ?? stages.finish(call, found),
    isOver: () => call.incoming.isOver === true,
    onFull: () => void (call.limit = 'verificationQueue'),
  });
  return identity.then((late) => accept(call, late, authentication), asAuthError);
}

/** The step where a token may be missing. A bad one is refused all the same. */
export function authenticateIfPresent(call: CallContext, authentication: Authentication): Answer | Promise<Answer> {
  return isMissing(call.authorization) ? undefined : authenticate(call, authentication);
}

/** The step that notes when a call passed the others, where that matters. */
export function noteTime(call: CallContext, { nowMs }: { readonly nowMs: () => number }): Answer {
  if (call.identity !== undefined) call.passedMs = nowMs();
  return undefined;
}

/** Presents devices to a registry: their end counts whatever becomes of the call, and they may be revoked. */
export function presenting(devices: DevicesOfGate): NoteIdentity {
  return (_, identity) => devices.present(identity);
}

/** Renews the leases of devices: a good token counts whatever becomes of its call. */
export function renewing(leases: Leases): NoteIdentity {
  return (_, identity) => {
    if (leases.devices > 0) leases.renew(identity.deviceId, identity.expiresAtMs);
  };
}

function accept(call: CallContext, identity: WalletIdentity, { note }: Authentication): Answer {
  note(call, identity);
  call.identity = identity;
  checkMethods(identity, call.incoming.method);
  return undefined;
}

function isMissing(authorization: AuthorizationValue): boolean {
  if (Array.isArray(authorization)) return authorization.length === 0;
  return authorization === undefined || authorization === null;
}
