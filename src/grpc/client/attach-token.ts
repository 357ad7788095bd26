import type { Interceptor } from '@grpc/grpc-js';

import type { StreamWatch } from '../../client/keep-alive.js';
import { retryOptionNames, retrySettings, type RetryOptions } from '../../client/retry-options.js';
import type { TargetTokenSource } from '../../client/token-source.js';
import { knownOptions, optionalFunction } from '../../options.js';
import type { Call } from './call-record.js';
import { grpcKeepAlive } from './keep-alive.js';
import { TokenCall } from './token-call.js';

/** How `attachToken` behaves. */
export interface AttachTokenOptions extends RetryOptions {
  /**
   * A unary method that the node has for every caller, `pkg.Service/Method`, or `true` for WhoAmI of the device service. A node may end a stream whose device presents
   * no good token any more. For clients that only stream: where the token was renewed while a stream is open and no other
   * call has carried the new one, this method is called once with it and an empty message, on the same channel; no
   * interceptor sees that call. Whatever it is answered, but UNAUTHENTICATED, UNAVAILABLE and RATE_LIMITED with a time to wait, has
   * shown the token to the node. Clients of different nodes need an interceptor each. Default: no such calls.
   */
  keepAlive?: string | true | undefined;
  /**
   * Is called when a keep-alive call did not show the token to the node; it is tried again after 5 s, or the time that a
   * rate limit names, while a stream is open. Not after UNIMPLEMENTED: there is no such method, and it is called no more. Default: a process warning.
   */
  onKeepAliveError?: ((error: Error) => void) | undefined;
}

/** The names of all options. */
export const attachTokenOptionNames = [...retryOptionNames, 'keepAlive', 'onKeepAliveError'] as const;

/**
 * Makes a client interceptor that sends a token with every call:
 * `new Client(target, credentials, { interceptors: [attachToken(source)] })`. It replaces whatever `authorization` the call
 * had. grpc-js lets interceptors given to a single call replace the client's, so give it there again.
 *
 * On a plaintext channel the token travels in clear: prefer `createClient`, which refuses that.
 * Where the source fails, the call fails with UNAUTHENTICATED and the source's error as its `cause`, such as a WalletError.
 * @throws TypeError if the source or an option is wrong.
 * @example
 * import { Client, credentials } from '@grpc/grpc-js';
 * import { attachToken } from 'grpc-wallet-auth/grpc';
 *
 * const interceptors = [attachToken(source, { retryRateLimited: { maxRetries: 2 } })];
 * const client = new Client('node.example:443', credentials.createSsl(), { interceptors });
 */
export function attachToken(source: TargetTokenSource, options: AttachTokenOptions = {}): Interceptor {
  if (typeof source?.get !== 'function') throw new TypeError('the token source must have a get() method');
  knownOptions(options, attachTokenOptionNames);
  const settings = retrySettings(options);
  const keepAlive = keepAliveFor(source, options);
  return (callOptions, nextCall) =>
    new TokenCall(callOptions, () => nextCall(callOptions), source, settings, keepAlive);
}

/** What a node with a device service has for every caller. */
const WHO_AM_I = 'walletauth.v1.DeviceService/WhoAmI';

function keepAliveFor(source: TargetTokenSource, options: AttachTokenOptions): StreamWatch<Call> | undefined {
  const keepAlive = options.keepAlive === true ? WHO_AM_I : options.keepAlive;
  const onError =
    optionalFunction('onKeepAliveError', options.onKeepAliveError) ?? ((error) => process.emitWarning(error));
  if (keepAlive === undefined) return undefined;
  if (typeof keepAlive !== 'string' || !/^[\w.]+\/\w+$/.test(keepAlive)) {
    throw new TypeError('keepAlive must be a method: pkg.Service/Method, or true');
  }
  return grpcKeepAlive(source, { path: `/${keepAlive}`, onError });
}
