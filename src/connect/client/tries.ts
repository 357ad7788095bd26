import { Code, ConnectError, decodeBinaryHeader, type Interceptor } from '@connectrpc/connect';

import { authDetailsOf } from '../../auth-details.js';
import { untilAborted } from '../../client/abort.js';
import { delay } from '../../client/delay.js';
import type { StreamWatch } from '../../client/keep-alive.js';
import { learnFromEnd, learnFromHeaders } from '../../client/learn.js';
import { isPlaintextElsewhere } from '../../client/loopback.js';
import { CallRetries, type CallEnd, type RetrySettings } from '../../client/retry-policy.js';
import { audienceOfUrl } from '../../client/target-audience.js';
import { targetOf, tokenOf } from '../../client/target-of.js';
import type { TargetTokenSource, TokenSource } from '../../client/token-source.js';
import { isAuthError } from '../../errors.js';
import { CHALLENGE_KEY, EXPIRES_KEY } from '../../status-details.js';
import { bearerValue } from '../../token/bearer.js';

export type AnyNext = Parameters<Interceptor>[0];
export type AnyRequest = Parameters<AnyNext>[0];
export type AnyResponse = Awaited<ReturnType<AnyNext>>;

/** What is the same for all calls of an interceptor. */
export interface TokenSettings {
  readonly source: TokenSource | TargetTokenSource;
  readonly allowInsecure: boolean;
  /** Whether tokens name the node as their audience. */
  readonly namesTarget: boolean;
  readonly retry: RetrySettings;
  /** What watches the streams to a node whose tokens come from a source. */
  readonly watchOf: ((source: TargetTokenSource) => StreamWatch<undefined>) | undefined;
}

/** The tries of one call: what each is sent with, what its source learns, and whether there is another one. */
export class CallTries {
  readonly #request: AnyRequest;
  readonly #settings: TokenSettings;
  readonly #retries: CallRetries;
  #source: TargetTokenSource | undefined = undefined;
  #token = '';

  constructor(settings: TokenSettings, request: AnyRequest) {
    this.#settings = settings;
    this.#request = request;
    this.#retries = new CallRetries(settings.retry, deadlineOf(request.header));
  }

  /** Whether there may be another try. */
  get open(): boolean {
    return this.#retries.open;
  }

  /** A try of a stream begins: its token is in front of the node. */
  opened(): void {
    const watch = this.#watch;
    if (watch === undefined) return;
    watch.opened(this, this.#token, undefined);
    this.#request.signal.addEventListener('abort', () => this.closed(), { once: true });
  }

  /** The call is over; may be called more than once. */
  closed(): void {
    this.#watch?.closed(this);
  }

  /** The node has answered a unary call. Its headers need not tell the end of a token once more. */
  answered(headers: Headers): void {
    this.received(headers);
    this.#watch?.accepted(this.#token);
  }

  /** Nothing is repeated from now on. */
  stop(): void {
    this.#retries.stop();
  }

  /** The headers of the next try. @throws ConnectError if no token may be sent, or there is none; the reason of the signal. */
  async headers(): Promise<Headers> {
    const { signal, header } = this.#request;
    this.#source ??= this.#sourceOfNode();
    const source = this.#source;
    try {
      this.#token = await untilAborted(() => tokenOf(source), signal);
    } catch (error) {
      throw signal.aborted ? error : noTokenError(error);
    }
    const headers = new Headers(header);
    headers.set('authorization', bearerValue(this.#token));
    return headers;
  }

  /** Looks at the headers of an answer. @returns whether they show that the node admitted the call. */
  received(headers: Headers): boolean {
    if (this.#source === undefined || !learnFromHeaders(this.#source, this.#token, answerHeaders(headers)))
      return false;
    this.stop(); // the handler may have done its work
    this.#watch?.accepted(this.#token);
    return true;
  }

  /**
   * Looks at how a try failed, and teaches the source. Waits, if the node asked for that.
   * @param isRepeatable whether everything that was sent can be sent again.
   * @returns whether there is another try. @throws the reason of the signal.
   */
  async again(error: unknown, isRepeatable: boolean): Promise<boolean> {
    if (!(error instanceof ConnectError)) return false;
    this.received(error.metadata);
    const end: CallEnd = { code: error.code, details: authDetailsOf(error) };
    if (this.#source !== undefined) learnFromEnd(this.#source, this.#token, end);
    const { signal } = this.#request;
    const retry = isRepeatable && !signal.aborted ? this.#retries.after(end, Date.now()) : undefined;
    if (retry === undefined) return false;
    if (retry.delayMs > 0) await delay(retry.delayMs, signal);
    return true;
  }

  get #watch(): StreamWatch<undefined> | undefined {
    return this.#source && this.#settings.watchOf?.(this.#source);
  }

  #sourceOfNode(): TargetTokenSource {
    const { url, service, method } = this.#request;
    if (!this.#settings.allowInsecure && isPlaintextElsewhere(url)) {
      const message = `tokens do not travel in clear to ${new URL(url).host}; use https, or set allowInsecure`;
      throw new ConnectError(message, Code.FailedPrecondition);
    }
    const { source, namesTarget } = this.#settings;
    const baseUrl = url.replace(`/${service.typeName}/${method.name}`, '') || '/';
    return targetOf(source, baseUrl, namesTarget ? audienceOfUrl(url) : undefined);
  }
}

function answerHeaders(headers: Headers) {
  const expiresAt = headers.get(EXPIRES_KEY) ?? undefined;
  const challenge = headers.get(CHALLENGE_KEY) ?? undefined;
  return { expiresAt, challenge: challenge && binary(challenge) };
}

/** @returns `undefined` for what is no base64, such as several values. */
function binary(value: string): Uint8Array | undefined {
  try {
    return decodeBinaryHeader(value);
  } catch {
    return undefined;
  }
}

function noTokenError(cause: unknown): ConnectError {
  try {
    const code: Code = isAuthError(cause) ? cause.code : Code.Unauthenticated;
    const message = cause instanceof Error ? cause.message : String(cause);
    return new ConnectError(`no token: ${message}`, code, undefined, undefined, cause);
  } catch {
    return new ConnectError('no token: the token source failed', Code.Unauthenticated, undefined, undefined, cause);
  }
}

/** The units of `grpc-timeout`, in milliseconds. */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** When a call must be over, in milliseconds since the Unix epoch: Connect tells an interceptor by the headers alone. */
function deadlineOf(headers: Headers): number {
  const connect = /^\d{1,10}$/.exec(headers.get('connect-timeout-ms') ?? '');
  if (connect) return Date.now() + Number(connect[0]);
  const [, count, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(headers.get('grpc-timeout') ?? '') ?? [];
  return count === undefined ? Infinity : Date.now() + Number(count) * (UNITS[unit] ?? 0);
}
