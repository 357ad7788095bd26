import {
  InterceptingCall,
  Metadata,
  status as Status,
  type InterceptingListener,
  type Interceptor,
  type StatusObject,
} from '@grpc/grpc-js';

import type { StreamWatch } from '../../client/keep-alive.js';
import { learnFromEnd, learnFromHeaders } from '../../client/learn.js';
import { CallRetries, type CallEnd, type RetrySettings } from '../../client/retry-policy.js';
import { tokenOf } from '../../client/target-of.js';
import type { TargetTokenSource } from '../../client/token-source.js';
import { EXPIRES_KEY } from '../../status-details.js';
import { bearerValue } from '../../token/bearer.js';
import { authDetailsOf } from '../status.js';
import { answerHeaders } from './answer-headers.js';
import { CallRecord, NOT_MADE, type Call, type MessageContext } from './call-record.js';
import { deadlineStatus, noCallStatus, noTokenStatus } from './call-statuses.js';
import { HeldHeaders } from './held-headers.js';
import { deadlineOf, onParentCancelled } from './parent-call.js';

type CallOptions = Parameters<Interceptor>[0];

/** Longest delay of a timer; a deadline beyond it is watched by the call itself. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A client call that waits for its token and, if the node finds the token too old or too new or wants its challenge in it, is
 * made once more, as PROTOCOL.md section 6 has it; where that is set, also after the wait that a rate limit asks for. What the caller does
 * meanwhile is recorded and done on the call that is made next.
 */
export class TokenCall extends InterceptingCall {
  readonly #options: CallOptions;
  readonly #makeCall: () => Call;
  readonly #source: TargetTokenSource;
  readonly #record: CallRecord;
  readonly #retries: CallRetries;
  readonly #watch: StreamWatch<Call> | undefined;
  readonly #deadlineMs: number;
  readonly #headers = new HeldHeaders((headers) => this.#listener.onReceiveMetadata?.(headers));
  #metadata = new Metadata();
  #listener: Partial<InterceptingListener> = {};
  #call: Call | undefined;
  /** While there is no call: ends the wait for a token at the deadline, or the wait for the next try. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #leaveParent: () => void = () => undefined;

  /**
   * @param makeCall makes the call below; called once for each try.
   * @param watch is called when the call begins and ends, if it streams, and when the node accepts a token.
   */
  constructor(
    options: CallOptions,
    makeCall: () => Call,
    source: TargetTokenSource,
    retry: RetrySettings,
    watch?: StreamWatch<Call>,
  ) {
    super(NOT_MADE);
    this.#options = options;
    this.#makeCall = makeCall;
    this.#source = source;
    this.#record = new CallRecord(options.method_definition.requestStream);
    this.#watch = watch;
    this.#deadlineMs = deadlineOf(options);
    this.#retries = new CallRetries(retry, this.#deadlineMs);
  }

  override start(metadata: Metadata, listener: Partial<InterceptingListener> = {}): void {
    this.#metadata = metadata;
    this.#listener = listener;
    this.#leaveParent = onParentCancelled(this.#options, () =>
      this.#giveUp(Status.CANCELLED, 'Cancelled by parent call'),
    );
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
    else queueMicrotask(() => this.#giveUp(code, details));
  }

  override getPeer(): string {
    return this.#call?.getPeer() ?? 'unknown';
  }

  override getAuthContext(): ReturnType<InterceptingCall['getAuthContext']> {
    return this.#call?.getAuthContext() ?? null;
  }

  /** The token may have come in the same turn of the event loop; then there is a call by now. */
  #giveUp(code: Status, details: string): void {
    if (this.#call) this.#call.cancelWithStatus(code, details);
    else this.#end({ code, details, metadata: new Metadata() });
  }

  /** Gets a token, then makes the call. Until then there is no call that could watch the deadline, so it is done here. */
  async #begin(): Promise<void> {
    this.#watchDeadline();
    const metadata = this.#metadata.clone();
    let token: string;
    try {
      token = await tokenOf(this.#source);
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

  #startCall(metadata: Metadata, token: string): void {
    const call = this.#makeCall();
    this.#call = call;
    call.start(metadata, this.#listenerFor(token));
    if (this.#isStream) this.#watch?.opened(this, token, call);
    this.#record.replay(call);
  }

  get #isStream(): boolean {
    const { requestStream, responseStream } = this.#options.method_definition;
    return requestStream || responseStream;
  }

  #listenerFor(token: string): InterceptingListener {
    let emptyMessage = false;
    return {
      onReceiveMetadata: (metadata) => this.#receiveHeaders(token, metadata),
      onReceiveMessage: (message: unknown) => {
        // a unary call without an answer gets this just before its status: nothing was delivered yet
        if (message === null) return void (emptyMessage = true);
        this.#retries.stop();
        this.#headers.release();
        this.#record.received();
        this.#listener.onReceiveMessage?.(message);
      },
      onReceiveStatus: (status) => {
        this.#watch?.closed(this);
        const { code, metadata } = status;
        if (metadata.get(EXPIRES_KEY).length > 0) this.#retries.stop(); // it was admitted, though no headers came
        // on a stream's headers it always says so; on those of a unary answer it may have said so before
        if (code === Status.OK && !this.#isStream) this.#watch?.accepted(token);
        const end: CallEnd = { code, details: code === Status.OK ? undefined : authDetailsOf(status) };
        learnFromEnd(this.#source, token, end); // whether the call is repeated or not
        if (this.#tryAgain(end)) return;
        this.#headers.release();
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
    this.#headers.drop();
    this.#call = undefined;
    if (retry.delayMs === 0) void this.#begin();
    else this.#timer = setTimeout(() => void this.#begin(), retry.delayMs);
    return true;
  }

  #receiveHeaders(token: string, headers: Metadata): void {
    const accepted = learnFromHeaders(this.#source, token, answerHeaders(headers));
    if (accepted) {
      this.#retries.stop(); // the node admitted the call, so its handler may have done its work
      this.#watch?.accepted(token);
    }
    if (!accepted && this.#retries.open && this.#record.repeatable) this.#headers.hold(headers);
    else this.#headers.release(headers);
  }

  #watchDeadline(): void {
    const delayMs = this.#deadlineMs - Date.now();
    if (!(delayMs <= MAX_TIMER_MS)) return;
    this.#timer = setTimeout(() => this.#end(deadlineStatus()), Math.max(delayMs, 0));
  }

  #end(status: StatusObject): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leaveParent();
    clearTimeout(this.#timer);
    this.#listener.onReceiveStatus?.(status);
  }
}
