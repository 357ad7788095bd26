import { refusal } from '../errors.js';
import type { IncomingCall } from '../gate/call/call.js';
import { createGate, isGate, type Gate } from '../gate/create-gate.js';
import { withGateFacts, type GateFacts } from '../gate/gate-facts.js';
import type { GateOptions } from '../gate/options.js';
import type { WalletIdentity } from '../identity.js';
import { knownOptions } from '../options.js';
import { refusalStatus, type RefusalStatus } from '../status-details.js';
import { warn } from '../warn.js';
import { noteAdmission } from './headers.js';
import { problemResponse } from './problem.js';

/** The options of `createGate`; hooks get the headers of the request as metadata. docs/options.md has a table. */
export type WalletAuthOptions = GateOptions<RequestHeaders>;

/** Headers, as far as they are read here: those of a fetch `Request`, or of Node's by `grpc-wallet-auth/node`. */
export interface RequestHeaders {
  /** The value of a header, several of them joined by commas; `null` if it is not there. Names in any letter case. */
  get(name: string): string | null;
}

/** A request, as far as it is read here: a fetch `Request` is one. */
export interface HttpRequest {
  readonly headers: RequestHeaders;
  /** Every `authorization` header, where the server shows more than the joined ones. Default: what `headers` has. */
  readonly authorization?: readonly string[] | undefined;
}

/** What the program says of a request. */
export interface RequestOptions {
  /**
   * The method whose policy applies, `/package.Service/Method`. It is a name in the program, never a part of the request.
   * Default: the rule `*`.
   */
  readonly method?: string | undefined;
  /**
   * The address of the peer, as the server reports it, with or without a port; `unix:` for a Unix socket. `trustedProxies` are looked
   * through. Default: none, and rules about addresses refuse the request with INTERNAL.
   */
  readonly address?: string | undefined;
  /** The request message, where the policy of the method looks into it, as own-wallet fields and costs do. Default: none. */
  readonly message?: unknown;
}

/** The gate of an HTTP server. */
export interface WalletAuth extends GateFacts {
  /**
   * Decides about a request.
   * @returns who is calling, `undefined` for an anonymous caller where that is allowed; or the answer to send.
   * @throws TypeError if an option is wrong. A request never makes it throw.
   */
  authenticate(request: HttpRequest, options?: RequestOptions): Promise<WalletIdentity | undefined | Response>;
}

/** What stands for a request that no method is named for: only the rule `*` is about it. */
const NO_METHOD = '*';

/**
 * Makes the gate of an HTTP server whose requests are fetch's: Hono, Next, Bun, Deno. A refusal is an answer that is ready to be
 * sent: 401, 403, 429, 503 or 500, with the reason as JSON problem details.
 *
 * @example
 * ```ts
 * import { walletAuth } from 'grpc-wallet-auth/http';
 *
 * const auth = walletAuth();
 * export async function GET(request: Request): Promise<Response> {
 *   const caller = await auth.authenticate(request);
 *   if (caller instanceof Response) return caller;
 *   return Response.json({ wallet: caller?.wallet });
 * }
 * ```
 * @param gateOrOptions a gate, to share it with other transports of this node, or the options of one. Default: `{}`.
 * @throws TypeError if an option is wrong.
 */
export function walletAuth(gateOrOptions: Gate | WalletAuthOptions = {}): WalletAuth {
  const gate = isGate(gateOrOptions) ? gateOrOptions : createGate(gateOrOptions);
  let hasWarned = false;

  /** @returns why the request is refused, or who is calling. */
  async function decide(
    request: HttpRequest,
    options: RequestOptions,
  ): Promise<RefusalStatus | WalletIdentity | undefined> {
    const call = callOf(request, options);
    const decision = await gate.decide(call, request.authorization ?? call.header('authorization'));
    if (!decision.admitted) return decision.status;
    decision.onEnd?.();
    noteAdmission(decision);
    if (decision.judgesMessages === undefined) return decision.identity;
    if (options.message === undefined) return noMessage(call.method);
    return (await decision.checkMessage?.(options.message)) ?? decision.identity;
  }

  function noMessage(method: string): RefusalStatus {
    const cause = `the policy of ${method} looks into the request message, and authenticate was given none`;
    if (!hasWarned) warn(`${cause}, so that the request is refused`, 'WALLET_AUTH_NO_MESSAGE');
    hasWarned = true;
    return internal(cause);
  }

  async function authenticate(request: HttpRequest, options: RequestOptions = {}) {
    checkOptions(options);
    let answer: RefusalStatus | WalletIdentity | undefined;
    try {
      answer = await decide(request, options);
    } catch (cause) {
      answer = internal(cause);
    }
    return answer !== undefined && 'details' in answer ? problemResponse(answer) : answer;
  }

  return withGateFacts({ authenticate }, gate);
}

function callOf({ headers }: HttpRequest, { method = NO_METHOD, address }: RequestOptions): IncomingCall {
  return {
    method,
    peer: address,
    mustHaveAddress: true,
    metadata: headers,
    header(name) {
      const value = headers.get(name);
      return value === null ? [] : [value];
    },
  };
}

function internal(cause: unknown): RefusalStatus {
  return refusalStatus(refusal('INTERNAL', { cause }), Date.now());
}

/** @throws TypeError naming the option that is wrong. */
function checkOptions(options: RequestOptions): void {
  knownOptions(options, ['method', 'address', 'message']);
  const { method, address } = options;
  if (method !== undefined && !/^\/[\w.]+\/\w+$/.test(method))
    throw new TypeError('method must be /package.Service/Method');
  if (address !== undefined && typeof address !== 'string') throw new TypeError('address must be a text');
}
