import { Metadata, status as Status, type ServiceError, type StatusObject } from '@grpc/grpc-js';

import { learnFromEnd, learnFromHeaders } from '../../client/learn.js';
import type { TargetTokenSource } from '../../client/token-source.js';
import { quietly } from '../../options.js';
import { bearerValue } from '../../token/bearer.js';
import { authDetailsOf } from '../status.js';
import { answerHeaders } from './answer-headers.js';
import type { Call } from './call-record.js';
import { channelOf, type CallMaker } from './channel-of.js';

/** How often the source is asked for a newer token while a stream is open, in milliseconds. */
const INTERVAL_MS = 5_000;

/** How long one keep-alive call may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Ends after which the node may not have seen the token. */
const UNSEEN: readonly Status[] = [
  Status.CANCELLED,
  Status.DEADLINE_EXCEEDED,
  Status.UNAVAILABLE,
  Status.UNAUTHENTICATED,
  Status.UNIMPLEMENTED,
];

/** What a call reports while it runs. */
export interface StreamWatch {
  /** A call that streams has begun with this token. */
  opened(stream: object, token: string, call: Call): void;
  /** A call has ended; said of every call. */
  closed(stream: object): void;
  /** The node has accepted this token on some call. */
  accepted(token: string): void;
}

/** How tokens are kept in front of the node. */
export interface KeepAliveSettings {
  /** The method that is called, `/pkg.Service/Method`. */
  readonly path: string;
  /** Is called for each keep-alive call after which the node may not have seen the token. */
  readonly onError: (error: Error) => void;
}

interface OpenStream {
  readonly token: string;
  readonly call: Call;
}

/**
 * Lets a node see newer tokens while a client only streams: where the source has one that no call has carried yet, one small
 * call carries it. Its timer runs only while a stream is open, and does not keep the process alive.
 */
export class KeepAlive implements StreamWatch {
  readonly #source: TargetTokenSource;
  readonly #settings: KeepAliveSettings;
  readonly #streams = new Map<object, OpenStream>();
  #accepted: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #busy = false;
  /** How many looks are left out, as a rate limit asked for. */
  #pause = 0;
  #off = false;

  /** @param source whose tokens the streams carry. */
  constructor(source: TargetTokenSource, settings: KeepAliveSettings) {
    this.#source = source;
    this.#settings = settings;
  }

  /** As in StreamWatch. */
  opened(stream: object, token: string, call: Call): void {
    this.#streams.set(stream, { token, call });
    if (this.#off) return;
    this.#timer ??= setInterval(() => void this.#look(), INTERVAL_MS).unref();
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
      const { call } = streams.at(-1) ?? {};
      if (call && token !== this.#accepted && !streams.some((each) => each.token === token))
        await this.#show(token, call);
    } catch {
      // a source that fails, or a client that was closed: the next call reports it
    } finally {
      this.#busy = false;
    }
  }

  async #show(token: string, stream: Call): Promise<void> {
    const channel = channelOf(stream);
    if (channel === undefined) {
      this.#turnOff();
      return this.#report({
        code: Status.UNKNOWN,
        details: 'the channel of a stream is out of reach',
        metadata: new Metadata(),
      });
    }
    const { path } = this.#settings;
    const status = await unaryCall(channel, path, token, (headers) =>
      learnFromHeaders(this.#source, token, answerHeaders(headers)),
    );
    const details = authDetailsOf(status);
    learnFromEnd(this.#source, token, { code: status.code, details });
    // a limit of addresses refuses before the token is looked at
    const retryAfterMs = details?.reason === 'RATE_LIMITED' ? details.retryAfterMs : undefined;
    if (retryAfterMs === undefined && !UNSEEN.includes(status.code)) return this.accepted(token);
    this.#pause = Math.ceil((retryAfterMs ?? 0) / INTERVAL_MS) - 1;
    if (status.code === Status.UNIMPLEMENTED) this.#turnOff();
    return this.#report(status);
  }

  /** What ends together with the last stream, as when the client is closed, concerns no stream. */
  #report(status: StatusObject): void {
    if (this.#streams.size === 0) return;
    const { path, onError } = this.#settings;
    const text = `keep-alive call of ${path}: ${Status[status.code]}: ${status.details}`;
    const error: ServiceError = Object.assign(new Error(text), status);
    quietly(() => onError(error));
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

/** Sends an empty message with a token, on the channel itself; no interceptor sees it. */
function unaryCall(
  channel: CallMaker,
  path: string,
  token: string,
  onHeaders: (headers: Metadata) => unknown,
): Promise<StatusObject> {
  const metadata = new Metadata();
  metadata.set('authorization', bearerValue(token));
  return new Promise((resolve) => {
    const call = channel.createCall(path, Date.now() + TIMEOUT_MS, null, null, undefined);
    call.start(metadata, {
      onReceiveMetadata: (headers) => void onHeaders(headers),
      onReceiveMessage: () => call.startRead(),
      onReceiveStatus: resolve,
    });
    call.sendMessageWithContext({}, Buffer.alloc(0));
    call.halfClose();
    call.startRead();
  });
}
