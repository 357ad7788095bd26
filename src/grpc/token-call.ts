import {
  InterceptingCall,
  Metadata,
  status as Status,
  type InterceptingListener,
  type Interceptor,
  type StatusObject,
} from '@grpc/grpc-js';

import type { TokenSource } from '../client/token-source.js';
import { AuthError, type AuthReason } from '../errors.js';
import { quietly } from '../options.js';
import { bearerValue } from '../token/bearer.js';
import { CallRecord, type Call, type MessageContext } from './call-record.js';
import { EXPIRES_KEY } from './expires-key.js';
import { authDetailsOf } from './status.js';

type CallOptions = Parameters<Interceptor>[0];

/** The refusals that a new token mends. */
const MENDABLE: readonly AuthReason[] = ['TOKEN_EXPIRED', 'TOKEN_FROM_FUTURE'];

/** Longest delay of a timer; a deadline beyond it is watched by the call itself. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A client call that waits for its token and, if the node finds the token too old or too new, is made once more, as
 * PROTOCOL.md section 6 has it. What the caller does meanwhile is kept and done on the call that is made next.
 */
export class TokenCall extends InterceptingCall {
  readonly #options: CallOptions;
  readonly #makeCall: () => Call;
  readonly #source: TokenSource;
  readonly #record: CallRecord;
  #retriesLeft: number;
  #metadata = new Metadata();
  #listener: Partial<InterceptingListener> = {};
  #call: Call | undefined;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(options: CallOptions, makeCall: () => Call, source: TokenSource, retry: boolean) {
    super(NOT_MADE);
    this.#options = options;
    this.#makeCall = makeCall;
    this.#source = source;
    this.#record = new CallRecord(options.method_definition.requestStream);
    this.#retriesLeft = retry ? 1 : 0;
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
    try {
      const token = await this.#token();
      clearTimeout(this.#deadlineTimer);
      if (!this.#ended) this.#startCall(token);
    } catch (error) {
      this.#end(noTokenStatus(error));
    }
  }

  /** Asynchronous in every case: a call must not end while it is being made. */
  async #token(): Promise<string> {
    const token: unknown = await this.#source.get();
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
    throw new TypeError('the token source gave no token'); // grpc-js would quote it
  }

  #startCall(token: string): void {
    const metadata = this.#metadata.clone();
    metadata.set('authorization', bearerValue(token));
    const call = this.#makeCall();
    this.#call = call;
    call.start(metadata, this.#listenerFor(token));
    this.#record.replay(call);
  }

  #listenerFor(token: string): InterceptingListener {
    let emptyMessage = false;
    return {
      onReceiveMetadata: (metadata) => {
        this.#retriesLeft = 0;
        this.#noteExpiry(token, metadata);
        this.#listener.onReceiveMetadata?.(metadata);
      },
      onReceiveMessage: (message: unknown) => {
        // a unary call without an answer gets this just before its status: nothing was delivered yet
        if (message === null) return void (emptyMessage = true);
        this.#retriesLeft = 0;
        this.#record.received();
        this.#listener.onReceiveMessage?.(message);
      },
      onReceiveStatus: (status) => {
        if (this.#mend(status, token)) return;
        if (emptyMessage) this.#listener.onReceiveMessage?.(null);
        this.#end(status);
      },
    };
  }

  /** Makes the call once more if a new token can help and nothing has happened that cannot be repeated. */
  #mend(status: StatusObject, token: string): boolean {
    if (this.#retriesLeft === 0 || this.#ended || !this.#record.repeatable) return false;
    const details = status.code === Status.UNAUTHENTICATED ? authDetailsOf(status) : undefined;
    if (!details || !MENDABLE.includes(details.reason)) return false;
    this.#retriesLeft = 0;
    const serverTimeMs = decimal(details.info['server_time_ms']);
    if (serverTimeMs !== undefined) quietly(() => this.#source.noteServerTime(serverTimeMs));
    quietly(() => this.#source.invalidate(token));
    this.#call = undefined;
    void this.#begin();
    return true;
  }

  #noteExpiry(token: string, metadata: Metadata): void {
    const expiresAtMs = decimal(metadata.get(EXPIRES_KEY)[0]);
    if (expiresAtMs !== undefined) quietly(() => this.#source.noteExpiry(token, expiresAtMs));
  }

  #watchDeadline(): void {
    const { deadline } = this.#options;
    if (deadline === undefined) return;
    const delayMs = Number(deadline) - Date.now();
    if (!(delayMs <= MAX_TIMER_MS)) return;
    const status = { code: Status.DEADLINE_EXCEEDED, details: 'Deadline exceeded', metadata: new Metadata() };
    this.#deadlineTimer = setTimeout(() => this.#end(status), Math.max(delayMs, 0));
  }

  #end(status: StatusObject): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadlineTimer);
    this.#listener.onReceiveStatus?.(status);
  }
}

/** What stands below a call that is not made yet. Every method of TokenCall does without it. */
const NOT_MADE: Call = {
  start: () => undefined,
  sendMessageWithContext: () => undefined,
  sendMessage: () => undefined,
  startRead: () => undefined,
  halfClose: () => undefined,
  cancelWithStatus: () => undefined,
  getPeer: () => 'unknown',
  getAuthContext: () => null,
};

function noTokenStatus(error: unknown): StatusObject {
  const metadata = new Metadata();
  try {
    const code = error instanceof AuthError ? error.code : Status.UNAUTHENTICATED;
    return { code, details: `no token: ${error instanceof Error ? error.message : String(error)}`, metadata };
  } catch {
    return { code: Status.UNAUTHENTICATED, details: 'no token: the token source failed', metadata };
  }
}

function decimal(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
