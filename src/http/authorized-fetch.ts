import { untilAborted } from '../client/abort.js';
import { delay } from '../client/delay.js';
import { learnFromEnd, learnFromHeaders } from '../client/learn.js';
import { isPlaintextElsewhere } from '../client/loopback.js';
import { retryOptionNames, retrySettings, type RetryOptions } from '../client/retry-options.js';
import { CallRetries, type CallEnd } from '../client/retry-policy.js';
import { audienceIsTarget, audienceOfUrl, type AudienceOptions } from '../client/target-audience.js';
import { targetOf, tokenOf } from '../client/target-of.js';
import type { TargetTokenSource, TokenSource } from '../client/token-source.js';
import { knownOptions, optionalFunction } from '../options.js';
import { CHALLENGE_HEADER, EXPIRES_KEY } from '../status-details.js';
import { bearerValue } from '../token/bearer.js';
import { refusalOf } from './problem.js';

/** A function like `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** How `authorizedFetch` behaves. */
export interface AuthorizedFetchOptions extends RetryOptions, AudienceOptions {
  /** Sends tokens in clear to hosts that are not loopback. Whoever sees a token can use it until it expires. Default `false`. */
  allowInsecure?: boolean | undefined;
  /** What sends the requests. Default: the global `fetch`. */
  fetch?: Fetch | undefined;
}

/** The gRPC status codes of the HTTP statuses for which a request is repeated. */
const CODES: Readonly<Record<number, number>> = { 401: 16, 429: 8 };

/**
 * Makes a `fetch` that sends a token with every request. It replaces whatever `authorization` the request had. A request that was
 * refused is made once more where a new token or the node's clock mends it, unless its body is a stream: that goes out once.
 * @param source its `forTarget` is used, if it has that, with the origin of each request.
 * @returns rejects with a TypeError, and makes no token, where it would travel in clear to another machine; with what the
 * source fails with; and as `fetch` does.
 * @throws TypeError if the source or an option is wrong.
 * @example
 * import { authorizedFetch } from 'grpc-wallet-auth/http';
 *
 * const fetchAsDevice = authorizedFetch(source);
 * const answer = await fetchAsDevice('https://node.example/notes');
 */
export function authorizedFetch(source: TokenSource | TargetTokenSource, options: AuthorizedFetchOptions = {}): Fetch {
  if (typeof source?.get !== 'function') throw new TypeError('the token source must have a get() method');
  knownOptions(options, [...retryOptionNames, 'allowInsecure', 'audience', 'fetch']);
  const { allowInsecure = false } = options;
  if (typeof allowInsecure !== 'boolean') throw new TypeError('allowInsecure must be a boolean');
  const given = optionalFunction('fetch', options.fetch);
  const settings = retrySettings(options);
  const namesTarget = audienceIsTarget(options, source);

  return async (input, init) => {
    const request = new Request(input, init);
    const { url, signal } = request;
    if (!allowInsecure && isPlaintextElsewhere(url)) {
      throw new TypeError(`tokens do not travel in clear to ${new URL(url).host}; use https, or set allowInsecure`);
    }
    const tokens = targetOf(source, new URL(url).origin, namesTarget ? audienceOfUrl(url) : undefined);
    const retries = new CallRetries(settings, Infinity);
    const isRepeatable = !isStream(input, init);
    for (let attempt = request; ; attempt = new Request(input, init)) {
      const token = await untilAborted(() => tokenOf(tokens, signal), signal);
      attempt.headers.set('authorization', bearerValue(token));
      const response = await (given ?? fetch)(attempt);
      const end = await learn(tokens, token, response);
      const retry = end && isRepeatable ? retries.after(end, Date.now()) : undefined;
      if (retry === undefined) return response;
      await response.body?.cancel();
      if (retry.delayMs > 0) await delay(retry.delayMs, signal);
    }
  };
}

/** Teaches the source what an answer says. @returns how the request ended, if it was refused. */
async function learn(source: TargetTokenSource, token: string, response: Response): Promise<CallEnd | undefined> {
  const expiresAt = response.headers.get(EXPIRES_KEY) ?? undefined;
  const challenge = response.headers.get(CHALLENGE_HEADER) ?? undefined;
  if (learnFromHeaders(source, token, { expiresAt, challenge })) return undefined; // the node admitted the request
  const details = await refusalOf(response);
  if (details === undefined) return undefined;
  const end: CallEnd = { code: CODES[response.status] ?? 2, details };
  learnFromEnd(source, token, end);
  return end;
}

/** Whether a body can be sent only once. */
function isStream(input: string | URL | Request, init: RequestInit | undefined): boolean {
  const body: unknown = init?.body;
  if (body !== undefined && body !== null) {
    return typeof body === 'object' && (body instanceof ReadableStream || Symbol.asyncIterator in body);
  }
  return input instanceof Request && input.body !== null;
}
