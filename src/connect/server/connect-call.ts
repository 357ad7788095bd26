import type { DescMethod } from '@bufbuild/protobuf';
import { Code, ConnectError, encodeBinaryHeader, type ContextValues } from '@connectrpc/connect';

import { fromHex } from '../../crypto/hex.js';
import { refusal } from '../../errors.js';
import type { IncomingCall, OpenStream } from '../../gate/call/call.js';
import { mustTellEnd } from '../../gate/call/told-ends.js';
import type { Gate } from '../../gate/create-gate.js';
import type { Admission, Decision } from '../../gate/decision.js';
import { pathOf } from '../../gate/rules/service-methods.js';
import { ENDLESS, type CallLease, type WalletIdentity } from '../../identity.js';
import { quietly } from '../../options.js';
import { CHALLENGE_KEY, EXPIRES_KEY, type RefusalStatus } from '../../status-details.js';
import { connectError, handlerError, refusalError } from '../status.js';
import { factsKey, type RequestFacts } from './request-facts.js';
import { stoppable } from './stoppable.js';
import { Stopper } from './stopper.js';

/** What Connect knows of a call, in its gate and in its interceptors alike. */
export interface CallParts {
  readonly method: DescMethod;
  /** The caller's headers. */
  readonly header: Headers;
  readonly values: ContextValues;
  /** Aborts when the call is over, however it ended. */
  readonly signal: AbortSignal;
}

interface Stoppers {
  readonly requests: Stopper;
  readonly responses: Stopper;
}

/** One call on a Connect server, as its gate sees it. */
export class ConnectCall implements IncomingCall, OpenStream {
  readonly method: string;
  /** The caller's headers. */
  readonly metadata: Headers;
  readonly #isStream: boolean;
  readonly #facts: RequestFacts | undefined;
  readonly #signal: AbortSignal;
  /** What ends the waits of a stream; made when one is waited for. */
  #stoppers: Stoppers | undefined = undefined;
  #admission: Admission | undefined = undefined;
  #isOver = false;
  /** Aborts for the handler of a stream. */
  #abort: ((reason: unknown) => void) | undefined = undefined;
  /** With what the gate ended it after it was admitted. */
  #ending: ConnectError | undefined = undefined;
  /** Whether the server under Connect has taken the status to send it. */
  #isTaken = false;
  /** Whether its handler was told just now that the call is about to end. */
  #isLastWord = false;

  constructor({ method, header, values, signal }: CallParts) {
    this.method = pathOf(method);
    this.metadata = header;
    this.#isStream = method.methodKind !== 'unary';
    this.#facts = values.get(factsKey);
    this.#signal = signal;
  }

  get peer(): string | undefined {
    return this.#facts?.peer;
  }

  get isOver(): boolean {
    return this.#signal.aborted;
  }

  get stream(): OpenStream | undefined {
    return this.#isStream ? this : undefined;
  }

  /** Who is calling. */
  get identity(): WalletIdentity | undefined {
    return this.#admission?.identity;
  }

  /** Whether the gate counted it by its address, as one that may bring a statement of a wallet in place of a token. */
  get isCounted(): boolean {
    return this.#admission?.isCounted === true;
  }

  /** For the handler. */
  get lease(): CallLease {
    const lease = this.#admission?.lease;
    if (lease === undefined) return ENDLESS;
    return { onLapsing: (listener) => lease.onLapsing(() => this.#lastWord(listener)) };
  }

  header(name: string): readonly string[] {
    const value = name.toLowerCase().endsWith('-bin') ? null : this.metadata.get(name);
    return value === null ? [] : [value];
  }

  /** Has the gate decide. @throws ConnectError if it refuses. @returns a promise only if a step of the gate gave one. */
  admit(gate: Gate, signal: AbortSignal): void | Promise<void> {
    const decision = gate.decide(this, this.#facts?.authorization ?? this.header('authorization'));
    if (!(decision instanceof Promise)) return this.#apply(decision, signal);
    return decision.then((late) => this.#apply(late, signal));
  }

  #apply(decision: Decision, signal: AbortSignal): void {
    if (!decision.admitted) throw refusalError(decision.status);
    if (signal.aborted) {
      decision.onEnd?.();
      throw new ConnectError('the call is over', Code.Canceled);
    }
    this.#admission = decision;
    if (decision.onEnd !== undefined) signal.addEventListener('abort', () => this.#release(), { once: true });
  }

  /**
   * Puts into the headers of a good answer when the token ends and what the next one is to carry: of each stream, since its client
   * sees by them that it was admitted, and of a unary one where this connection does not know.
   */
  announceExpiry(headers: Headers): void {
    const admission = this.#admission;
    if (admission?.expiresAtMs === undefined) return;
    if (!this.#isStream && !mustTellEnd(this.#facts?.connection, admission.identity, admission)) return;
    const { expiresAtMs, challenge } = admission;
    headers.set(EXPIRES_KEY, String(expiresAtMs));
    const bytes = challenge === undefined ? undefined : fromHex(`0x${challenge}`);
    if (bytes !== undefined) headers.set(CHALLENGE_KEY, encodeBinaryHeader(bytes));
  }

  /** Checks a request message. @throws ConnectError if it is refused, and the call with it. */
  checkMessage(message: unknown): void | Promise<void> {
    if (this.#ending !== undefined) return new Promise<never>(() => undefined); // the stop is on its way
    const check = this.#admission?.checkMessage;
    if (check === undefined) return undefined;
    const refused = check(message);
    if (!(refused instanceof Promise)) return this.#applyToMessage(refused);
    return refused.then((late) => this.#applyToMessage(late));
  }

  #applyToMessage(status: RefusalStatus | undefined): void {
    if (status === undefined) return;
    const error = refusalError(status);
    this.#stop(error);
    throw error;
  }

  end(status: RefusalStatus): void {
    if (this.#isOver) return;
    const error = refusalError(status);
    this.announceExpiry(error.metadata); // its client must not take this for a refusal and call again
    this.#stop(error);
  }

  close(): boolean {
    return this.#ending !== undefined && this.#facts?.close(this.#isTaken) === true;
  }

  /** The signal for the handler of a stream: it aborts when the gate ends the call, too. */
  signalFor(signal: AbortSignal): AbortSignal {
    const controller = new AbortController();
    this.#abort = (reason) => controller.abort(reason);
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
    return controller.signal;
  }

  /** Waits for the handler of a stream to begin, or for the call's end. */
  untilAnswered<T>(answer: Promise<T>): Promise<T> {
    return this.#stops.responses.race(answer);
  }

  /** What a stream is to fail with whose handler failed, or was not waited for. */
  failureOf(thrown: unknown): unknown {
    if (this.#ending === undefined) return handlerError(thrown);
    this.#isTaken = true;
    return this.#ending;
  }

  /** The request messages for the handler. */
  requests<T>(messages: AsyncIterable<T>): AsyncIterable<T> {
    return stoppable(messages, this.#stops.requests, { onMessage: (message) => this.checkMessage(message) });
  }

  /** The handler's messages for the caller. When the call ends, so does the handler: whoever reads may be stuck. */
  responses<T>(messages: AsyncIterable<T>): AsyncIterable<T> {
    const source = messages[Symbol.asyncIterator]();
    const stopper = this.#stops.responses;
    stopper.onStop = () => quietly(() => source.return?.());
    return stoppable({ [Symbol.asyncIterator]: () => source }, stopper, {
      errorOf: (thrown) => this.failureOf(thrown),
      onDone: () => {
        if (this.#ending !== undefined) throw this.failureOf(undefined);
      },
      onStopped: () => (this.#isTaken = true),
    });
  }

  /** Ends a call that has a handler. A handler that is at its last word has until the next turn of the event loop for it. */
  #stop(error: ConnectError): void {
    if (this.#isOver) return;
    this.#ending = error;
    this.#release();
    const stop = () => {
      if (!this.#isStream) return;
      this.#stops.responses.stop(error);
      this.#stops.requests.stop(error);
      this.#abort?.(error);
    };
    if (this.#isLastWord) setTimeout(stop, 0);
    else stop();
  }

  get #stops(): Stoppers {
    return (this.#stoppers ??= { requests: new Stopper(), responses: new Stopper() });
  }

  #lastWord(listener: () => unknown): unknown {
    this.#isLastWord = true;
    queueMicrotask(() => (this.#isLastWord = false));
    return listener();
  }

  /** Lets go of what steps hold for as long as the call lives. */
  #release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#admission?.onEnd?.();
  }
}

/** The last resort: whatever went wrong with a decision, the call ends closed. */
export function internalError(cause: unknown): ConnectError {
  if (cause instanceof ConnectError) return cause;
  return connectError(refusal('INTERNAL', { cause }));
}
