import { Code, ConnectError } from '@connectrpc/connect';

import { authDetailsOf } from '../../auth-details.js';
import { KeepAlive, KEEP_ALIVE_TIMEOUT_MS, type KeepAliveEnd } from '../../client/keep-alive.js';
import type { TargetTokenSource } from '../../client/token-source.js';
import { withTimeLimit } from '../../time-limit.js';

/**
 * Keeps tokens in front of a node by calls that the program makes, since an interceptor cannot make any of its own.
 * @param call makes a small call to the node, through the same interceptor.
 * @param onError is called for each after which the node may not have seen the token.
 */
export function connectKeepAlive(
  source: TargetTokenSource,
  call: () => unknown,
  onError: (error: Error) => void,
): KeepAlive<undefined> {
  async function show(): Promise<KeepAliveEnd> {
    try {
      await withTimeLimit(Promise.resolve(call()), KEEP_ALIVE_TIMEOUT_MS, timedOut);
      return SHOWN;
    } catch (thrown) {
      const error = ConnectError.from(thrown, Code.Unavailable); // what is no answer of a node shows it nothing
      return { code: error.code, details: authDetailsOf(error), error };
    }
  }
  return new KeepAlive(source, { show, onError });
}

const timedOut = () => new ConnectError('no answer', Code.DeadlineExceeded);

const SHOWN: KeepAliveEnd = { code: 0, details: undefined, error: new Error() };
