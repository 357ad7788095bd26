import { Code, ConnectError } from '@connectrpc/connect';

import { authDetailsOf } from '../../auth-details.js';
import { KeepAlive, KEEP_ALIVE_TIMEOUT_MS, type KeepAliveEnd } from '../../client/keep-alive.js';
import type { TargetTokenSource } from '../../client/token-source.js';
import { withTimeLimit } from '../../time-limit.js';

/** How tokens are kept in front of the node. */
export interface ConnectKeepAliveSettings {
  /** Makes a small call to the node, through the same interceptor. */
  readonly call: () => unknown;
  /** Is called for each keep-alive call after which the node may not have seen the token. */
  readonly onError: (error: Error) => void;
}

/** Keeps tokens in front of a node by calls that the program makes, since an interceptor cannot make any of its own. */
export function connectKeepAlive(
  source: TargetTokenSource,
  { call, onError }: ConnectKeepAliveSettings,
): KeepAlive<undefined> {
  async function show(): Promise<KeepAliveEnd> {
    try {
      await withTimeLimit(Promise.resolve(call()), KEEP_ALIVE_TIMEOUT_MS, timedOut);
      return SHOWN;
    } catch (thrown) {
      return endOf(ConnectError.from(thrown, Code.Unavailable)); // what is no answer of a node shows it nothing
    }
  }
  return new KeepAlive(source, { show, onError });
}

const timedOut = () => new ConnectError('no answer', Code.DeadlineExceeded);

const SHOWN: KeepAliveEnd = { code: 0, details: undefined, error: new Error('answered') };

function endOf(cause: ConnectError): KeepAliveEnd {
  const error = new ConnectError(
    `keep-alive call: ${cause.rawMessage}`,
    cause.code,
    cause.metadata,
    undefined,
    cause.cause,
  );
  error.details = cause.details;
  return { code: cause.code, details: authDetailsOf(cause), error };
}
