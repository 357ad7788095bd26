import { quietly } from '../options.js';
import type { RefusalDetails } from '../status-details.js';
import { learnFromEnd } from './learn.js';
import type { TargetTokenSource } from './token-source.js';

/** How often the source is asked for a newer token while a stream is open, in milliseconds. */
const INTERVAL_MS = 5_000;

/** How long one keep-alive call may take, in milliseconds. */
export const KEEP_ALIVE_TIMEOUT_MS = 10_000;

const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** Ends after which the node may not have seen the token: gRPC status codes. */
const UNSEEN: readonly number[] = [CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE, UNAUTHENTICATED, UNIMPLEMENTED];

/** What calls report while they run, of any transport. */
export interface StreamWatch<Call> {
  /** A call that streams has begun with this token. */
  opened(stream: object, token: string, call: Call): void;
  /** A call has ended; may be said of every call, and twice. */
  closed(stream: object): void;
  /** The node has accepted this token on some call. */
  accepted(token: string): void;
}

/** How a keep-alive call ended. */
export interface KeepAliveEnd {
  /** gRPC status code. */
  readonly code: number;
  /** What the node's gate said about it. */
  readonly details: RefusalDetails | undefined;
  /** The same for people. */
  readonly error: Error;
  /** Whether no such call can be made at all. */
  readonly isImpossible?: boolean;
}

/** How tokens are kept in front of the node. */
export interface KeepAliveSettings<Call> {
  /** Makes a small call that carries a token. @param stream the newest call that is open. */
  readonly show: (token: string, stream: Call) => Promise<KeepAliveEnd>;
  /** Is called for each keep-alive call after which the node may not have seen the token. */
  readonly onError: (error: Error) => void;
}

interface OpenStream<Call> {
  readonly token: string;
  readonly call: Call;
}

/**
 * Lets a node see newer tokens while a client only streams: where the source has one that no call has carried yet, one small
 * call carries it. Its timer runs only while a stream is open, and does not keep the process alive.
 */
export class KeepAlive<Call> implements StreamWatch<Call> {
  readonly #source: TargetTokenSource;
  readonly #settings: KeepAliveSettings<Call>;
  readonly #streams = new Map<object, OpenStream<Call>>();
  #accepted: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #busy = false;
  /** How many looks are left out, as a rate limit asked for. */
  #pause = 0;
  #off = false;

  /** @param source whose tokens the streams carry. */
  constructor(source: TargetTokenSource, settings: KeepAliveSettings<Call>) {
    this.#source = source;
    this.#settings = settings;
  }

  /** As in StreamWatch. */
  opened(stream: object, token: string, call: Call): void {
    this.#streams.set(stream, { token, call });
    if (this.#off || this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#look(), INTERVAL_MS);
    (this.#timer as { unref?: () => unknown }).unref?.(); // a number in browsers
  }

  /** As in StreamWatch. */
  closed(stream: object): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#stop();
  }

  /** As in StreamWatch. */
  accepted(token: string): void {
    this.#accepted = token;
  }

  async #look(): Promise<void> {
    if (this.#busy || this.#pause-- > 0) return;
    this.#pause = 0;
    this.#busy = true;
    try {
      const token = await this.#source.get();
      const streams = [...this.#streams.values()];
      const newest = streams.at(-1);
      if (newest && token !== this.#accepted && !streams.some((each) => each.token === token))
        this.#settle(token, await this.#settings.show(token, newest.call));
    } catch {
      // a source that fails, or a client that was closed: the next call reports it
    } finally {
      this.#busy = false;
    }
  }

  #settle(token: string, { code, details, error, isImpossible = false }: KeepAliveEnd): void {
    learnFromEnd(this.#source, token, { code, details });
    // a limit of addresses refuses before the token is looked at
    const retryAfterMs = details?.reason === 'RATE_LIMITED' ? details.retryAfterMs : undefined;
    if (!isImpossible && retryAfterMs === undefined && !UNSEEN.includes(code)) return this.accepted(token);
    this.#pause = Math.ceil((retryAfterMs ?? 0) / INTERVAL_MS) - 1;
    if (isImpossible || code === UNIMPLEMENTED) this.#turnOff();
    // what ends together with the last stream, as when the client is closed, concerns no stream
    if (this.#streams.size > 0) quietly(() => this.#settings.onError(error));
  }

  #turnOff(): void {
    this.#off = true;
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
