import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerUnaryCall,
  UntypedHandleCall,
} from '@grpc/grpc-js';

import type { WalletIdentity } from '../../identity.js';

/** What the function behind a handler gets, whatever the kind of the call. */
export interface AuthenticatedContext<Call> {
  /** Who is calling. */
  readonly identity: WalletIdentity;
  /** grpc-js's call: its metadata, deadline and peer. */
  readonly call: Call;
  /** Aborts when the call ends in whatever way: answered, cancelled, past its deadline, ended by the gate, client gone. */
  readonly signal: AbortSignal;
}

interface WithRequest<I> {
  /** The request of a unary call or of a response stream. */
  readonly request: I;
}

interface WithRequests<I> {
  /**
   * The messages of a request stream, read no faster than they are taken. After a loop that was left early, another one goes
   * on where it stopped. A loop throws an AbortError if the call ends before the client has half-closed it. Many clients
   * half-close a call as they cancel it, so let the last message of an upload say that it is the last.
   */
  readonly requests: AsyncIterable<I>;
}

/**
 * The function behind a grpc-js handler `H`: it gets `request` or `requests` beside the identity, and returns a response, or
 * an async iterable of them for a response stream. Where nothing says which of the four kinds `H` is, as in `addService`,
 * messages are `any`.
 */
export type AuthenticatedFunction<H extends UntypedHandleCall> = [Arity<H>] extends [2]
  ? SingleResponse<H>
  : [Arity<H>] extends [1]
    ? ResponseStream<H>
    : UnknownKind;

/** Handlers of single responses get a callback beside the call. `1 | 2` if the kind is not known. */
type Arity<H extends UntypedHandleCall> = Parameters<H>['length'];

type CallOf<H extends UntypedHandleCall> = Parameters<H>[0];

type SingleResponse<H extends UntypedHandleCall> =
  CallOf<H> extends WithRequest<unknown>
    ? H extends handleUnaryCall<infer I, infer O>
      ? (context: AuthenticatedContext<CallOf<H>> & WithRequest<I>) => O | Promise<O>
      : never
    : H extends handleClientStreamingCall<infer I, infer O>
      ? (context: AuthenticatedContext<CallOf<H>> & WithRequests<I>) => O | Promise<O>
      : never;

type ResponseStream<H extends UntypedHandleCall> =
  CallOf<H> extends WithRequest<unknown>
    ? H extends handleServerStreamingCall<infer I, infer O>
      ? (context: AuthenticatedContext<CallOf<H>> & WithRequest<I>) => AsyncIterable<O>
      : never
    : H extends handleBidiStreamingCall<infer I, infer O>
      ? (context: AuthenticatedContext<CallOf<H>> & WithRequests<I>) => AsyncIterable<O>
      : never;

/** The call object of any kind. */
export type AnyCall = CallOf<UntypedHandleCall>;
type AnyMessage = Extract<AnyCall, ServerUnaryCall<unknown, unknown>>['request'];

/** The context of a handler whose kind is found out when it is called. */
export type UnknownKindContext = AuthenticatedContext<AnyCall> & WithRequest<AnyMessage> & WithRequests<AnyMessage>;

type UnknownKind = (context: UnknownKindContext) => unknown;
