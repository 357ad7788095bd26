import { refusal, type AuthError } from '../../errors.js';
import { quietly } from '../../options.js';
import { DeadlineHeap } from './deadline-heap.js';
import {
  ASKED_AFTER_GRACE,
  ASKED_AT_END,
  ASKED_NOTHING,
  ASKING,
  type HeldStream,
  type LeasedStream,
  type LeaseHolder,
  type LeaseSettings,
} from './lease.js';

/** What becomes of holders. */
export interface LeaseListener<H extends LeaseHolder> {
  /** The grace period is over and no newer token came; its streams have ended. */
  lapsed?(holder: H): void;
  /** Its last stream is over. */
  idle?(holder: H): void;
  /**
   * The newest tokens of these have ended, or their grace periods have, as far as this node knows. Calls `renew` for those that
   * have newer ones elsewhere. Never rejects.
   * @returns whether the others may end now; `false` if nobody knows.
   */
  ask?(holders: readonly H[]): Promise<boolean>;
}

/** Streams that are ended in one turn of the event loop. */
const SLICE = 200;

/** How long holders are collected to be asked for together, in milliseconds. */
const COLLECT_MS = 50;

/** How long holders go on for which nobody could be asked, in milliseconds. */
const GO_ON_MS = 1_000;

/** Stale entries that are too few to clean up for. */
const FEW = 64;

/**
 * The times at which devices and their streams come to an end. One lazy heap and one timer serve all of them: a renewal
 * changes a number, and a holder that comes up too early is put back.
 */
export class LeaseQueue<H extends LeaseHolder> {
  readonly #settings: LeaseSettings;
  readonly #listener: LeaseListener<H>;
  readonly #heap = new DeadlineHeap<H>();
  #holders = 0;
  #streams = 0;
  #timerMs = Infinity;
  #cancelTimer: (() => void) | undefined;

  constructor(settings: LeaseSettings, listener: LeaseListener<H> = {}) {
    this.#settings = settings;
    this.#listener = listener;
  }

  /** How many streams are on leases now. */
  get streams(): number {
    return this.#streams;
  }

  /** Sets the end of a holder that is new. */
  begin(holder: H, expiresAtMs: number): void {
    holder.expiresAtMs = expiresAtMs;
    holder.endMs = this.#monotonic(expiresAtMs);
  }

  /** A newer token was presented. @returns whether it ends later than those before. */
  renew(holder: H, expiresAtMs: number): boolean {
    if (expiresAtMs <= holder.expiresAtMs) return false;
    this.begin(holder, expiresAtMs);
    holder.hasEnded = false;
    holder.hasLapsed = false;
    holder.asked = ASKED_NOTHING;
    return true;
  }

  /** Has `lapsed` called for a holder, also while it has no streams. */
  watch(holder: H): void {
    this.#queue(holder, this.#nextOf(holder));
  }

  /** Puts a stream on a lease. @returns what takes it off again, when the stream is over. */
  hold(holder: H, lease: LeasedStream): () => void {
    const stream = { lease, fixedEndMs: this.#fixedEndOf(lease) };
    (holder.streams ??= new Set()).add(stream);
    this.#streams++;
    this.watch(holder);
    return () => this.#remove(holder, stream);
  }

  /** Ends all streams of a holder, the first slice at once. */
  endAll(holder: H, error: AuthError): void {
    let ended = 0;
    for (const stream of holder.streams ?? []) {
      if (ended++ === SLICE) return void this.#settings.timers.after(0, () => this.endAll(holder, error));
      this.#end(holder, stream, error);
    }
  }

  /** Forgets a holder, for which nothing is called any more; streams that it still has are about to be ended. */
  forget(holder: H): void {
    holder.hasLapsed = true;
    holder.asked = ASKED_NOTHING;
    if (holder.queuedMs !== Infinity) this.#holders--;
    holder.queuedMs = Infinity; // whatever stands in the heap is stale
    if (this.#holders === 0) this.#stopTimer();
    if (this.#heap.size > 2 * this.#holders + FEW) this.#heap.filter((atMs, { queuedMs }) => atMs === queuedMs);
  }

  /** Ends nothing any more. */
  stop(): void {
    this.#heap.filter(() => false);
    this.#stopTimer();
  }

  /** A time of the clock as one of the monotonic clock. */
  #monotonic(atMs: number): number {
    const { timers, nowMs } = this.#settings;
    return timers.monotonicMs() + atMs - nowMs();
  }

  #queue(holder: H, atMs: number): void {
    if (atMs >= holder.queuedMs) return;
    if (holder.queuedMs === Infinity) this.#holders++;
    holder.queuedMs = atMs;
    this.#heap.push(atMs, holder);
    this.#schedule();
  }

  #schedule(): void {
    const { timers } = this.#settings;
    if (this.#heap.nextMs >= this.#timerMs) return;
    this.#cancelTimer?.();
    this.#timerMs = this.#heap.nextMs;
    const collectMs = this.#listener.ask === undefined ? 0 : COLLECT_MS;
    const delayMs = fewDelays(this.#timerMs - timers.monotonicMs()) + collectMs;
    this.#cancelTimer = timers.after(delayMs, () => this.#run());
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerMs = Infinity;
  }

  #run(): void {
    const { timers } = this.#settings;
    this.#stopTimer();
    let left = SLICE;
    const unsure: Ended<H>[] = [];
    while (left > 0 && this.#heap.nextMs <= timers.monotonicMs()) {
      const { atMs, item: holder } = this.#heap.pop() ?? {};
      if (holder === undefined || atMs !== holder.queuedMs) continue;
      holder.queuedMs = Infinity;
      this.#holders--;
      const end = this.#endOfTokens(holder);
      if (this.#listener.ask !== undefined && end > holder.asked) {
        holder.asked = ASKING;
        unsure.push({ holder, end });
      }
      left = this.#serve(holder, left - 1);
    }
    if (unsure.length > 0) void this.#ask(unsure);
    this.#schedule();
  }

  /** Asks whether there are newer tokens of holders, and ends those for which there are none. */
  async #ask(unsure: readonly Ended<H>[]): Promise<void> {
    const isSure = await this.#listener.ask?.(unsure.map(({ holder }) => holder));
    let left = SLICE;
    for (const { holder, end } of unsure) {
      if (holder.asked !== ASKING) continue; // renewed or forgotten meanwhile
      holder.asked = end;
      if (isSure === false && end === ASKED_AFTER_GRACE) {
        holder.asked = ASKED_AT_END;
        holder.endMs = this.#settings.timers.monotonicMs() + GO_ON_MS - this.#settings.graceMs;
      }
      left = this.#serve(holder, left);
    }
  }

  /** Which end of its newest token has come: of its grace period, of itself if there is somebody to be told, or none. */
  #endOfTokens(holder: H): number {
    const nowMs = this.#settings.timers.monotonicMs();
    if (!holder.hasLapsed && holder.endMs + this.#settings.graceMs <= nowMs) return ASKED_AFTER_GRACE;
    return !holder.hasEnded && hasStreams(holder) && holder.endMs < nowMs ? ASKED_AT_END : ASKED_NOTHING;
  }

  /** Does what is due for a holder, with so many streams at most to end. @returns how many more may be ended in this turn. */
  #serve(holder: H, most: number): number {
    const nowMs = this.#settings.timers.monotonicMs();
    const isAsking = holder.asked === ASKING;
    if (!isAsking && !holder.hasEnded && holder.endMs < nowMs) {
      holder.hasEnded = true;
      for (const { lease } of holder.streams ?? []) quietly(() => lease.lapsing?.());
    }
    let left = most;
    for (const stream of holder.streams ?? []) {
      if (this.#endOf(holder, stream) > nowMs) continue;
      if (left-- <= 0) {
        this.#queue(holder, nowMs);
        return 0;
      }
      this.#end(holder, stream, refusal('TOKEN_EXPIRED'));
    }
    if (!isAsking && !holder.hasLapsed && holder.endMs + this.#settings.graceMs <= nowMs) {
      holder.hasLapsed = true;
      this.#listener.lapsed?.(holder);
    }
    this.watch(holder);
    return left;
  }

  #fixedEndOf({ kind, expiresAtMs }: LeasedStream): number | undefined {
    if (kind === 'while-renewed') return undefined;
    return kind === 'until-expiry' ? this.#monotonic(expiresAtMs + 1) : Infinity;
  }

  #endOf({ endMs, asked }: H, { fixedEndMs }: HeldStream): number {
    return fixedEndMs ?? (asked === ASKING ? Infinity : endMs + this.#settings.graceMs);
  }

  /** When there is something to do for a holder; `Infinity` for never. */
  #nextOf(holder: H): number {
    const isAsking = holder.asked === ASKING;
    let nextMs = isAsking || holder.hasLapsed ? Infinity : holder.endMs + this.#settings.graceMs;
    if (!isAsking && !holder.hasEnded && hasStreams(holder)) nextMs = Math.min(nextMs, holder.endMs + 1);
    for (const stream of holder.streams ?? []) nextMs = Math.min(nextMs, this.#endOf(holder, stream));
    return nextMs;
  }

  #end(holder: H, stream: HeldStream, error: AuthError): void {
    this.#remove(holder, stream);
    quietly(() => stream.lease.end(error));
  }

  #remove(holder: H, stream: HeldStream): void {
    if (!holder.streams?.delete(stream)) return;
    this.#streams--;
    if (holder.streams.size === 0) this.#listener.idle?.(holder);
  }
}

/** A holder whose tokens have ended, and which end that is. */
interface Ended<H> {
  readonly holder: H;
  readonly end: number;
}

function hasStreams({ streams }: LeaseHolder): boolean {
  return streams !== undefined && streams.size > 0;
}

/**
 * A delay that is not longer than what is left, in whole seconds while that is long; who comes too early waits again. Node keeps
 * a list for each length of a delay until that time has passed, cancelled timers or not.
 */
function fewDelays(leftMs: number): number {
  return leftMs < 2_000 ? Math.max(leftMs, 0) : Math.floor(leftMs / 1_000) * 1_000;
}
