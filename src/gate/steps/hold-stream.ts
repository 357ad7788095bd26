import type { LeasedStream } from '../../devices/leases/lease.js';
import type { AuthError } from '../../errors.js';
import { StreamLease, type WalletIdentity } from '../../identity.js';
import type { Answer, CallContext } from './pipeline.js';
import { tokenEndMs } from './token-end.js';

/** Ends an admitted call. */
export type EndCall = (call: CallContext, error: AuthError) => void;

/** What is needed to put streams on leases. */
export interface Holding {
  readonly leases: { hold(stream: LeasedStream, identity: WalletIdentity): () => void };
  readonly endCall: EndCall;
  /** Whether something ends streams that no token ends: a registry, where it revokes devices. */
  readonly revokes: boolean;
}

/** The step that puts a stream on a lease of its caller's token or device. Anonymous callers have neither. What is at-open, only a revocation ends. */
export function holdStream(call: CallContext, { leases, endCall, revokes }: Holding): Answer {
  const { identity, rule } = call;
  if (identity === undefined) return undefined;
  if (rule.stream === 'at-open') {
    if (!revokes) return undefined;
    const { deviceId, expiresAtMs } = identity;
    call.onEnd(
      leases.hold({ kind: rule.stream, deviceId, expiresAtMs, end: (error) => endCall(call, error) }, identity),
    );
    return undefined;
  }
  const lease = new StreamLease();
  call.lease = lease;
  const hasGrace = rule.stream === 'while-renewed';
  call.onEnd(
    leases.hold(
      {
        kind: rule.stream,
        deviceId: identity.deviceId,
        expiresAtMs: hasGrace ? identity.expiresAtMs : (tokenEndMs(call) ?? identity.expiresAtMs),
        end(error) {
          if (!hasGrace && error.reason === 'TOKEN_EXPIRED') lease.announce();
          endCall(call, error);
        },
        ...(hasGrace && { lapsing: () => lease.announce() }),
      },
      identity,
    ),
  );
  return undefined;
}
