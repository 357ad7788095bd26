import { status as Status, type sendUnaryData, type UntypedHandleCall } from '@grpc/grpc-js';

import { knownOptions, optionalFunction, quietly } from '../../options.js';
import type { AnyCall, AuthenticatedFunction, UnknownKindContext } from './authenticated-function.js';
import { handlerContext } from './handler-context.js';
import { handlerStatus } from './handler-status.js';
import { writeAll, type ResponseCall } from './write-all.js';

/** What can be set on a handler. */
export interface AuthenticatedOptions {
  /**
   * Called with each error that its caller gets as INTERNAL, for the log: the caller does not see its text. What it throws is
   * ignored. Not called for calls that have already ended. Default: none.
   */
  readonly onError?: ((error: unknown, call: AnyCall) => void) | undefined;
}

/**
 * Makes a grpc-js handler of any of the four call kinds out of an async function, or of an async generator for response
 * streams. It is called for callers with an identity only; an anonymous one gets UNAUTHENTICATED, as with `requireIdentity`.
 *
 * What the function throws ends the call: an AuthError with its own status, a gRPC status (`code` and `details`) as it is,
 * all else with INTERNAL, without its text. Nothing that it throws ends the process. Responses are taken from a generator no
 * faster than the client reads them, and it is ended, `finally` blocks included, when the call ends.
 *
 * @example
 * ```ts
 * import { authenticated, grpcServiceDefinition, type GrpcHandlers } from 'grpc-wallet-auth/grpc';
 * import { DemoService } from 'grpc-wallet-auth/proto';
 *
 * const handlers: Partial<GrpcHandlers<typeof DemoService>> = {
 *   whoAmI: authenticated(async ({ identity }) => ({ wallet: identity.wallet })),
 *   chat: authenticated(async function* ({ identity, requests }) {
 *     for await (const { text } of requests) yield { wallet: identity.wallet, text };
 *   }),
 * };
 * server.addService(grpcServiceDefinition(DemoService), handlers);
 * ```
 * @typeParam H the handler's type, with the types of its messages. It is known where the handler goes into a typed object;
 * elsewhere name it, `authenticated<handleUnaryCall<Request, Response>>(…)`, or messages are `any`.
 * @throws TypeError if the function is none, or an option is wrong.
 */
export function authenticated<H extends UntypedHandleCall | undefined = UntypedHandleCall>(
  run: AuthenticatedFunction<NonNullable<H>>,
  options: AuthenticatedOptions = {},
): NonNullable<H> {
  if (typeof run !== 'function') throw new TypeError('the function of authenticated() must be a function');
  knownOptions(options, ['onError']);
  const onError = optionalFunction('onError', options.onError);
  const runAny = run as (context: UnknownKindContext) => unknown; // with whichever of request and requests its kind has
  const statusOf = (error: unknown, call: AnyCall) => {
    const status = handlerStatus(error);
    if (status.code === Status.INTERNAL) quietly(() => onError?.(error, call));
    return status;
  };

  async function respond(call: AnyCall, callback: sendUnaryData<unknown>): Promise<void> {
    try {
      callback(null, await runAny(handlerContext(call)));
    } catch (error) {
      if (!call.cancelled) callback(statusOf(error, call));
    }
  }

  async function respondWithStream(call: ResponseCall): Promise<void> {
    try {
      await writeAll(call, runAny(handlerContext(call)));
    } catch (error) {
      if (!call.cancelled) call.emit('error', statusOf(error, call));
    }
  }

  const handler = (call: AnyCall, callback?: sendUnaryData<unknown>): void => {
    const single = typeof callback === 'function';
    const done = single ? respond(call, callback) : respondWithStream(call as ResponseCall);
    quietly(() => done);
  };
  return handler as NonNullable<H>;
}
