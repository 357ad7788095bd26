import type { Interceptor } from '@connectrpc/connect';

import type { StreamWatch } from '../../client/keep-alive.js';
import { retryOptionNames, retrySettings, type RetryOptions } from '../../client/retry-options.js';
import { audienceIsTarget, type AudienceOptions } from '../../client/target-audience.js';
import type { TargetTokenSource, TokenSource } from '../../client/token-source.js';
import { knownOptions, optionalFunction } from '../../options.js';
import { warn } from '../../warn.js';
import { connectKeepAlive } from './keep-alive.js';
import { streamWithToken } from './stream-call.js';
import { CallTries, type TokenSettings } from './tries.js';
import { unaryWithToken } from './unary-call.js';

/** How `attachToken` behaves. */
export interface AttachTokenOptions extends RetryOptions, AudienceOptions {
  /** Sends tokens in clear to hosts that are not loopback. Whoever sees a token can use it until it expires. Default `false`. */
  allowInsecure?: boolean | undefined;
  /**
   * Makes a small unary call to the node, such as WhoAmI of the device service, by a client of the same transport. A node may end
   * a stream whose device presents no good token any more. For clients that only stream: where the token was renewed while a
   * stream is open and no other call has carried the new one, this is called. However that call ends, but with Unauthenticated,
   * Unavailable, or RATE_LIMITED and a time to wait, it has shown the token to the node. Transports to different nodes need an
   * interceptor each. Default: no such calls.
   */
  keepAlive?: (() => unknown) | undefined;
  /**
   * Is called with the error of a keep-alive call that did not show the token to the node; the call is tried again after 5 s, or the time that a
   * rate limit names, while a stream is open. Not after Unimplemented: it is made no more. Default: the warning
   * `WALLET_AUTH_KEEP_ALIVE`, of the process or on the console.
   */
  onKeepAliveError?: ((error: Error) => void) | undefined;
}

/**
 * Makes an interceptor for transports of connect-web and connect-node that sends a token with every call. It replaces whatever
 * `authorization` the call had. List it last: interceptors before it see one call, however often it is made.
 *
 * A call to a plaintext URL whose host is not loopback fails with FAILED_PRECONDITION, and no token is made. Where the source fails, the
 * call fails with UNAUTHENTICATED and the source's error as its `cause`, such as a WalletError.
 * @param source its `forTarget` is used, if it has that, with the base URL of the transport.
 * @throws TypeError if the source or an option is wrong.
 * @example
 * import { createConnectTransport } from '@connectrpc/connect-node';
 * import { attachToken } from 'grpc-wallet-auth/connect';
 *
 * const interceptors = [attachToken(source, { retryRateLimited: { maxRetries: 2 } })];
 * const transport = createConnectTransport({ baseUrl: 'https://node.example', httpVersion: '2', interceptors });
 */
export function attachToken(source: TokenSource | TargetTokenSource, options: AttachTokenOptions = {}): Interceptor {
  if (typeof source?.get !== 'function') throw new TypeError('the token source must have a get() method');
  knownOptions(options, [...retryOptionNames, 'allowInsecure', 'audience', 'keepAlive', 'onKeepAliveError']);
  const { allowInsecure = false } = options;
  if (typeof allowInsecure !== 'boolean') throw new TypeError('allowInsecure must be a boolean');
  const namesTarget = audienceIsTarget(options, source);
  const settings = { source, allowInsecure, namesTarget, retry: retrySettings(options), watchOf: watchFor(options) };
  return (next) => async (request) => {
    const tries = new CallTries(settings, request);
    return request.stream ? streamWithToken(tries, request, next) : unaryWithToken(tries, request, next);
  };
}

/** @returns what watches the streams to a node, one for all of them; `undefined` where no token is kept in front of it. */
function watchFor(options: AttachTokenOptions): TokenSettings['watchOf'] {
  const call = optionalFunction('keepAlive', options.keepAlive);
  const onError =
    optionalFunction('onKeepAliveError', options.onKeepAliveError) ??
    (({ message }) => warn(`keep-alive call: ${message}`, 'WALLET_AUTH_KEEP_ALIVE'));
  if (call === undefined) return undefined;
  let watch: StreamWatch<undefined> | undefined;
  return (source) => (watch ??= connectKeepAlive(source, call, onError));
}
