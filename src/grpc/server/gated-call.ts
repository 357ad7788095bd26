import { constants } from 'node:http2';

import { Metadata, type ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

import { refusal } from '../../errors.js';
import type { IncomingCall, OpenStream } from '../../gate/call/call.js';
import { mustTellEnd } from '../../gate/call/told-ends.js';
import type { Gate } from '../../gate/create-gate.js';
import type { Admission, Decision } from '../../gate/decision.js';
import { refusalStatus, type RefusalStatus } from '../../status-details.js';
import { statusToSend, withoutRepeatReasons, type StatusToSend } from '../status.js';
import { addAnswerHeaders } from './answer-headers.js';
import { http2StreamOf } from './http2-stream-of.js';
import { admittedContext, type AuthContext } from './identity-of.js';
import { LeanCall } from './lean-call.js';
import { peerOf } from './peer.js';

type InnerCall = ConstructorParameters<typeof ServerInterceptingCall>[0];
type Listener = Parameters<ServerInterceptingCall['start']>[0];

/** What grpc-js says of a method. */
type MethodShape = Parameters<ServerInterceptor>[0];

/** Stands for the end of the request among messages that wait. */
const HALF_CLOSE = Symbol('half close');

/** The interceptor that has a gate decide about every call. */
export function gatedBy(gate: Gate): ServerInterceptor {
  return (method, call) => new GatedCall(call, method, gate);
}

/**
 * One call on a grpc-js server, towards its handler and towards the client at once. Before it is admitted it ends in exactly
 * one of the handler's start or `sendStatus`, whatever happens; what is read meanwhile waits. After that, a message that is
 * refused ends it: the caller gets the status behind the messages already sent, the handler is told by `onCancel`, once, and
 * nothing that it still sends goes out.
 */
class GatedCall extends LeanCall implements Listener, IncomingCall, OpenStream {
  readonly method: string;
  readonly #isStream: boolean;
  readonly #call: InnerCall;
  readonly #gate: Gate;
  #metadata: Metadata | undefined = undefined;
  #handler: Listener | undefined = undefined;
  #admission: Admission | undefined = undefined;
  /** Whether a decision is pending, about the call or about one of its messages. */
  #deciding = true;
  /** What was read while a decision was pending. */
  #waiting: unknown[] | undefined = undefined;
  #headersSent = false;
  #over = false;
  #cancelled = false;
  /** Whether the gate ended it after it was admitted. */
  #wasEnded = false;

  constructor(call: InnerCall, { path, requestStream, responseStream }: MethodShape, gate: Gate) {
    super(call);
    this.method = path;
    this.#isStream = requestStream || responseStream;
    this.#call = call;
    this.#gate = gate;
  }

  get peer(): string {
    return peerOf(this.#call);
  }

  get stream(): OpenStream | undefined {
    return this.#isStream ? this : undefined;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** The caller's metadata. */
  get metadata(): Metadata | undefined {
    return this.#metadata;
  }

  header(name: string): readonly string[] {
    return this.#metadata?.get(name).filter((value) => typeof value === 'string') ?? [];
  }

  override start(handler: Listener): void {
    this.#handler = handler;
    this.#call.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#metadata = metadata;
    try {
      const decision = this.#gate.decide(this, metadata.get('authorization'));
      if (!(decision instanceof Promise)) return this.#apply(decision);
      decision.then((late) => this.#apply(late)).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  onReceiveMessage(message: unknown): void {
    if (this.#mustWait) this.#wait(message);
    else if (!this.#over) this.#receive(message);
  }

  onReceiveHalfClose(): void {
    if (this.#mustWait) this.#wait(HALF_CLOSE);
    else if (!this.#over) this.#handler?.onReceiveHalfClose();
  }

  onCancel(): void {
    this.#over = true;
    this.#waiting = undefined;
    this.#release();
    this.#cancel();
  }

  override sendMetadata(metadata: Metadata): void {
    if (this.#over || this.#headersSent) return;
    this.#headersSent = true;
    if (this.#admission?.expiresAtMs === undefined) return this.#call.sendMetadata(metadata);
    const own = metadata.clone(); // a handler may send one object to many callers
    addAnswerHeaders(own, this.#admission);
    this.#call.sendMetadata(own);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    if (this.#over) return;
    if (!this.#headersSent && this.#mustSendOwnMetadata) this.#sendOwnMetadata();
    this.#headersSent = true;
    this.#call.sendMessage(message, callback);
  }

  /** A status of the handler; the gate's own are sent by `#send`. */
  override sendStatus(status: StatusToSend): void {
    this.#send(withoutRepeatReasons(status));
  }

  #send(status: StatusToSend): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    this.#call.sendStatus(status);
  }

  override getAuthContext(): AuthContext {
    const context = this.#call.getAuthContext();
    return this.#admission ? admittedContext(context, this.#admission) : context;
  }

  /** The headers of a stream show its client that the call was admitted, so that it does not make it again. */
  get #mustSendOwnMetadata(): boolean {
    if (this.#isStream || this.#admission === undefined) return true;
    return mustTellEnd(http2StreamOf(this.#call)?.session, this.#admission.identity, this.#admission);
  }

  /** grpc-js would send empty headers with the first message: nothing to copy. */
  #sendOwnMetadata(): void {
    this.#headersSent = true;
    if (this.#admission?.expiresAtMs === undefined) return;
    const own = new Metadata();
    addAnswerHeaders(own, this.#admission);
    this.#call.sendMetadata(own);
  }

  #apply(decision: Decision): void {
    if (!decision.admitted) return this.#send(statusToSend(decision.status));
    if (this.#over) return decision.onEnd?.();
    this.#admission = decision;
    this.#deciding = false;
    this.#handler?.onReceiveMetadata(this.#metadata ?? new Metadata());
    this.#resume();
  }

  /** Takes a message that may be decided about now. */
  #receive(message: unknown): void {
    const check = this.#admission?.checkMessage;
    if (check === undefined) return this.#handler?.onReceiveMessage(message);
    try {
      const refused = check(message);
      if (!(refused instanceof Promise)) return this.#applyTo(message, refused);
      this.#deciding = true;
      refused
        .then((late) => {
          this.#deciding = false;
          this.#applyTo(message, late);
          return this.#resume();
        })
        .catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #applyTo(message: unknown, refused: RefusalStatus | undefined): void {
    if (this.#over) return;
    if (refused === undefined) this.#handler?.onReceiveMessage(message);
    else this.#end(statusToSend(refused));
  }

  /** Nothing overtakes what waits. */
  get #mustWait(): boolean {
    return this.#deciding || this.#waiting !== undefined;
  }

  #wait(event: unknown): void {
    if (!this.#over) (this.#waiting ??= []).push(event);
  }

  /** Goes on with what was read meanwhile, up to the next decision that takes time. */
  #resume(): void {
    while (this.#waiting !== undefined && !this.#deciding && !this.#over) {
      const event = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#waiting = undefined;
      if (event === HALF_CLOSE) this.#handler?.onReceiveHalfClose();
      else this.#receive(event);
    }
  }

  end(status: RefusalStatus): void {
    if (this.#over) return;
    if (!this.#headersSent) this.#sendOwnMetadata(); // its client must not take this for a refusal and call again
    this.#end(statusToSend(status));
  }

  close(): boolean {
    const stream = this.#wasEnded ? http2StreamOf(this.#call) : undefined;
    if (stream === undefined || stream.closed || stream.destroyed) return false;
    const isSent = !this.#headersSent || stream.sentTrailers !== undefined; // its client has not closed its own side
    stream.close(isSent ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
    return !isSent;
  }

  /** Ends a call that has a handler, unless it ended by itself. The handler is told later, as grpc-js would do it. */
  #end(status: StatusToSend): void {
    this.#wasEnded ||= !this.#over;
    this.#send(status);
    process.nextTick(() => this.#cancel());
  }

  /** Tells the handler, once. */
  #cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#handler?.onCancel();
  }

  /** Lets go of what steps hold for as long as the call lives. */
  #release(): void {
    this.#admission?.onEnd?.();
  }

  /** The last resort: whatever went wrong, the call ends closed and the process lives. */
  #fail(cause: unknown): void {
    this.#end(statusToSend(refusalStatus(refusal('INTERNAL', { cause }), Date.now())));
  }
}
