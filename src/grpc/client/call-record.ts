import type { NextCall } from '@grpc/grpc-js';

/** A call further down the chain of interceptors. */
export type Call = ReturnType<NextCall>;

/** What grpc-js passes along with a message: flags and a callback for its completion. */
export type MessageContext = Parameters<Call['sendMessageWithContext']>[0];

/** What a caller did on a call, so that it can be done on a call that starts later, or once more on another one. */
export class CallRecord {
  readonly #requestStream: boolean;
  #messages: { context: MessageContext; message: unknown }[] = [];
  #halfClosed = false;
  #openReads = 0;
  #consumed = false;

  /** @param requestStream whether the caller streams its messages; those are not kept once they went out. */
  constructor(requestStream: boolean) {
    this.#requestStream = requestStream;
  }

  /** Whether everything that was done can be done again: no message of a request stream has gone out, and none was received. */
  get repeatable(): boolean {
    return !this.#consumed;
  }

  /** A message was sent: passes it on to the call, if there is one. */
  message(context: MessageContext, message: unknown, call: Call | undefined): void {
    this.#messages.push({ context, message });
    if (call) this.#send(call, this.#messages.slice(-1));
  }

  /** The caller has sent its last message. */
  halfClose(call: Call | undefined): void {
    this.#halfClosed = true;
    call?.halfClose();
  }

  /** The caller wants one more message. */
  read(call: Call | undefined): void {
    this.#openReads++;
    call?.startRead();
  }

  /** A read was answered: nothing is done again from now on, so the messages may go. */
  received(): void {
    this.#openReads--;
    this.#consumed = true;
    this.#messages = [];
  }

  /** Does everything on a call that has just started. */
  replay(call: Call): void {
    this.#send(call, this.#messages);
    if (this.#halfClosed) call.halfClose();
    if (this.#openReads > 0) call.startRead();
  }

  #send(call: Call, messages: readonly { context: MessageContext; message: unknown }[]): void {
    for (const { context, message } of messages) call.sendMessageWithContext(context, message);
    if (!this.#requestStream || messages.length === 0) return;
    this.#consumed = true;
    this.#messages = [];
  }
}

/** What stands below a call that is not made yet. Every method of TokenCall does without it. */
export const NOT_MADE: Call = {
  start: () => undefined,
  sendMessageWithContext: () => undefined,
  sendMessage: () => undefined,
  startRead: () => undefined,
  halfClose: () => undefined,
  cancelWithStatus: () => undefined,
  getPeer: () => 'unknown',
  getAuthContext: () => null,
};
