import type { AuthError } from '../../errors.js';
import type { Timers } from '../../options.js';

/** What a stream's life depends on: the token that opened it, the newest token of its device and a grace period, or no token. */
export type LeaseKind = 'until-expiry' | 'while-renewed' | 'at-open';

/** A stream on a lease. */
export interface LeasedStream {
  readonly kind: LeaseKind;
  /** The device that opened it. */
  readonly deviceId: string;
  /** When the token that opened it ends, in milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
  /** Ends the stream; called at most once, and never after its release. */
  end(error: AuthError): void;
  /** Called when the newest token has ended and the grace period begins; again if it happens again. */
  lapsing?(): void;
}

/** How leases are kept. */
export interface LeaseSettings {
  /** How long a stream goes on after the newest token of its device ended, in milliseconds. */
  readonly graceMs: number;
  /** The clock, in milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  readonly timers: Timers;
}

/** Nobody was asked yet for a newer token. */
export const ASKED_NOTHING = 0;
/** There was none when the newest ended. */
export const ASKED_AT_END = 1;
/** There was none at the end of the grace period either. */
export const ASKED_AFTER_GRACE = 2;
/** The answer is on its way: until then, its tokens end nothing. */
export const ASKING = 3;

/** What holds leases: a device. */
export class LeaseHolder {
  /** The newest end of its tokens, in milliseconds since the Unix epoch. */
  expiresAtMs = 0;
  /** The same on the monotonic clock: a clock that is set cuts no stream. */
  endMs = 0;
  /** Whether that end was announced. */
  hasEnded = false;
  /** Whether the grace period is over, too. */
  hasLapsed = false;
  /** What is known of newer tokens elsewhere; only where others are asked for them. */
  asked = ASKED_NOTHING;
  /** Where it stands in the queue; entries at other times are stale. */
  queuedMs = Infinity;
  streams: Set<HeldStream> | undefined = undefined;
}

/** A stream as its holder keeps it. */
export interface HeldStream {
  readonly lease: LeasedStream;
  /** Monotonic end of a stream that nothing renews; `Infinity` for never. */
  readonly fixedEndMs: number | undefined;
}
