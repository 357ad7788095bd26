import {
  InterceptingCall,
  Metadata,
  status as Status,
  type InterceptingListener,
  type Interceptor,
  type StatusObject,
} from '@grpc/grpc-js';

import { CallRetries, lessonOf, type CallEnd, type RetrySettings } from '../../client/retry-policy.js';
import type { TargetTokenSource } from '../../client/token-source.js';
import { AuthError } from '../../errors.js';
import { quietly } from '../../options.js';
import { decimal, EXPIRES_KEY } from '../../status-details.js';
import { bearerValue } from '../../token/bearer.js';
import { authDetailsOf } from '../status.js';
import { CallRecord, NOT_MADE, type Call, type MessageContext } from './call-record.js';

type CallOptions = Parameters<Interceptor>[0];

/** Longest delay of a timer; a deadline beyond it is watched by the call itself. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * How long headers that do not say that the token is good are held back, in milliseconds: a refusal may follow them, as from
 * connect-node, and then they are not those of the answer.
 */
const HOLD_HEADERS_MS = 100;

/**
 * A client call that waits for its token and, if the node finds the token too old or too new, is made once more, as
 * PROTOCOL.md section 6 has it; where that is set, also after the wait that a rate limit asks for. What the caller does
 * meanwhile is recorded and done on the call that is made next.
 */
export class TokenCall extends InterceptingCall {
  readonly #options: CallOptions;
  readonly #makeCall: () => Call;
  readonly #source: TargetTokenSource;
  readonly #record: CallRecord;
  readonly #retries: CallRetries;
  #metadata = new Metadata();
  #listener: Partial<InterceptingListener> = {};
  #call: Call | undefined;
  /** While there is no call: ends the wait for a token at the deadline, or the wait for the next try. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #heldHeaders: Metadata | undefined;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;
  #headersDelivered = false;

  /** @param makeCall makes the call below; called once for each try. */
  constructor(options: CallOptions, makeCall: () => Call, source: TargetTokenSource, retry: RetrySettings) {
    super(NOT_MADE);
    this.#options = options;
    this.#makeCall = makeCall;
    this.#source = source;
    this.#record = new CallRecord(options.method_definition.requestStream);
    this.#retries = new CallRetries(retry, Number(options.deadline ?? Infinity));
  }

  override start(metadata: Metadata, listener: Partial<InterceptingListener> = {}): void {
    this.#metadata = metadata;
    this.#listener = listener;
    void this.#begin();
  }

  override sendMessageWithContext(context: MessageContext, message: unknown): void {
    this.#record.message(context, message, this.#call);
  }

  override sendMessage(message: unknown): void {
    this.sendMessageWithContext({}, message);
  }

  override startRead(): void {
    this.#record.read(this.#call);
  }

  override halfClose(): void {
    this.#record.halfClose(this.#call);
  }

  override cancelWithStatus(code: Status, details: string): void {
    if (this.#call) this.#call.cancelWithStatus(code, details);
    else queueMicrotask(() => this.#end({ code, details, metadata: new Metadata() }));
  }

  override getPeer(): string {
    return this.#call?.getPeer() ?? 'unknown';
  }

  override getAuthContext(): ReturnType<InterceptingCall['getAuthContext']> {
    return this.#call?.getAuthContext() ?? null;
  }

  /** Gets a token, then makes the call. Until then there is no call that could watch the deadline, so it is done here. */
  async #begin(): Promise<void> {
    this.#watchDeadline();
    const metadata = this.#metadata.clone();
    let token: string;
    try {
      token = await this.#token();
      metadata.set('authorization', bearerValue(token));
    } catch (error) {
      return this.#end(noTokenStatus(error));
    }
    clearTimeout(this.#timer);
    if (this.#ended) return;
    try {
      this.#startCall(metadata, token);
    } catch (error) {
      this.#end(noCallStatus(error));
    }
  }

  /** Asynchronous in every case: a call must not end while it is being made. */
  async #token(): Promise<string> {
    const token: unknown = await this.#source.get();
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
    throw new TypeError('the token source gave no token'); // grpc-js would quote it
  }

  #startCall(metadata: Metadata, token: string): void {
    const call = this.#makeCall();
    this.#call = call;
    call.start(metadata, this.#listenerFor(token));
    this.#record.replay(call);
  }

  #listenerFor(token: string): InterceptingListener {
    let emptyMessage = false;
    return {
      onReceiveMetadata: (metadata) => this.#receiveHeaders(token, metadata),
      onReceiveMessage: (message: unknown) => {
        // a unary call without an answer gets this just before its status: nothing was delivered yet
        if (message === null) return void (emptyMessage = true);
        this.#retries.stop();
        this.#releaseHeaders();
        this.#record.received();
        this.#listener.onReceiveMessage?.(message);
      },
      onReceiveStatus: (status) => {
        const { code } = status;
        const end: CallEnd = { code, details: code === Status.OK ? undefined : authDetailsOf(status) };
        this.#learn(end, token);
        if (this.#tryAgain(end)) return;
        this.#releaseHeaders();
        if (emptyMessage) this.#listener.onReceiveMessage?.(null);
        this.#end(status);
      },
    };
  }

  /** Makes the call once more if that can help and nothing has happened that cannot be repeated. */
  #tryAgain(end: CallEnd): boolean {
    if (this.#ended || !this.#record.repeatable) return false;
    const retry = this.#retries.after(end, Date.now());
    if (retry === undefined) return false;
    this.#dropHeaders();
    this.#call = undefined;
    if (retry.delayMs === 0) void this.#begin();
    else this.#timer = setTimeout(() => void this.#begin(), retry.delayMs);
    return true;
  }

  /** Teaches the source, whether the call is repeated or not. */
  #learn(end: CallEnd, token: string): void {
    const { serverTimeMs, tokenRefused } = lessonOf(end);
    if (serverTimeMs !== undefined) quietly(() => this.#source.noteServerTime(serverTimeMs));
    if (tokenRefused) quietly(() => this.#source.invalidate(token));
  }

  #receiveHeaders(token: string, headers: Metadata): void {
    const expiresAtMs = decimal(headers.get(EXPIRES_KEY)[0]);
    if (expiresAtMs !== undefined) quietly(() => this.#source.noteExpiry(token, expiresAtMs));
    this.#heldHeaders = headers;
    if (expiresAtMs !== undefined || !this.#retries.open || !this.#record.repeatable) return this.#releaseHeaders();
    this.#holdTimer = setTimeout(() => this.#releaseHeaders(), HOLD_HEADERS_MS);
  }

  /** The caller gets headers once, though the call may be made more than once. */
  #releaseHeaders(): void {
    const headers = this.#heldHeaders;
    this.#dropHeaders();
    if (headers === undefined || this.#headersDelivered) return;
    this.#headersDelivered = true;
    this.#listener.onReceiveMetadata?.(headers);
  }

  #dropHeaders(): void {
    clearTimeout(this.#holdTimer);
    this.#heldHeaders = undefined;
  }

  #watchDeadline(): void {
    const { deadline } = this.#options;
    if (deadline === undefined) return;
    const delayMs = Number(deadline) - Date.now();
    if (!(delayMs <= MAX_TIMER_MS)) return;
    const status = { code: Status.DEADLINE_EXCEEDED, details: 'Deadline exceeded', metadata: new Metadata() };
    this.#timer = setTimeout(() => this.#end(status), Math.max(delayMs, 0));
  }

  #end(status: StatusObject): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#listener.onReceiveStatus?.(status);
  }
}

/** A status that grpc-js turns into an error with the source's own as its `cause`: it copies what a status holds. */
function noTokenStatus(cause: unknown): StatusObject {
  const common = { metadata: new Metadata(), cause };
  try {
    const code = cause instanceof AuthError ? cause.code : Status.UNAUTHENTICATED;
    return { code, details: `no token: ${messageOf(cause)}`, ...common };
  } catch {
    return { code: Status.UNAUTHENTICATED, details: 'no token: the token source failed', ...common };
  }
}

/** grpc-js makes no calls on a client that was closed meanwhile. */
function noCallStatus(error: unknown): StatusObject {
  return { code: Status.UNAVAILABLE, details: messageOf(error), metadata: new Metadata() };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
