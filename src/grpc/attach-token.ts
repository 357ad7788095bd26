import type { Interceptor } from '@grpc/grpc-js';

import type { TokenSource } from '../client/token-source.js';
import { knownOptions } from '../options.js';
import { TokenCall } from './token-call.js';

/** How `attachToken` behaves. */
export interface AttachTokenOptions {
  /**
   * Whether a call that was refused with TOKEN_EXPIRED or TOKEN_FROM_FUTURE is made once more with a new token, by the
   * node's clock. Only while nothing was delivered and no streamed request message was taken. Default `true`.
   */
  retry?: boolean | undefined;
}

/**
 * Makes a client interceptor that sends a token with every call:
 * `new Client(target, credentials, { interceptors: [attachToken(source)] })`. It replaces whatever `authorization` the call
 * had. grpc-js lets interceptors given to a single call replace the client's, so give it there again.
 *
 * On a plaintext channel the token travels in clear: prefer `createClient`, which refuses that.
 * @throws TypeError if the source or an option is wrong.
 */
export function attachToken(source: TokenSource, options: AttachTokenOptions = {}): Interceptor {
  if (typeof source?.get !== 'function') throw new TypeError('the token source must have a get() method');
  knownOptions(options, ['retry']);
  const { retry = true } = options;
  if (typeof retry !== 'boolean') throw new TypeError('retry must be a boolean');
  return (callOptions, nextCall) => new TokenCall(callOptions, () => nextCall(callOptions), source, retry);
}
