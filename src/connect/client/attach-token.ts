import type { Interceptor } from '@connectrpc/connect';

import { retryOptionNames, retrySettings, type RetryOptions } from '../../client/retry-options.js';
import { audienceIsTarget, type AudienceOptions } from '../../client/target-audience.js';
import type { TargetTokenSource, TokenSource } from '../../client/token-source.js';
import { knownOptions } from '../../options.js';
import { streamWithToken } from './stream-call.js';
import { CallTries } from './tries.js';
import { unaryWithToken } from './unary-call.js';

/** How `attachToken` behaves. */
export interface AttachTokenOptions extends RetryOptions, AudienceOptions {
  /** Sends tokens in clear to hosts that are not loopback. Whoever sees a token can use it until it expires. Default `false`. */
  allowInsecure?: boolean | undefined;
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
  knownOptions(options, [...retryOptionNames, 'allowInsecure', 'audience']);
  const { allowInsecure = false } = options;
  if (typeof allowInsecure !== 'boolean') throw new TypeError('allowInsecure must be a boolean');
  const namesTarget = audienceIsTarget(options, source);
  const settings = { source, allowInsecure, namesTarget, retry: retrySettings(options) };
  return (next) => async (request) => {
    const tries = new CallTries(settings, request);
    return request.stream ? streamWithToken(tries, request, next) : unaryWithToken(tries, request, next);
  };
}
