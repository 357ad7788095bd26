import { integer, optionalFunction, quietly } from '../options.js';
import { withTimeLimit } from '../time-limit.js';

/** What is needed of a Redis client: `call` of ioredis and iovalkey, or `sendCommand` of `redis`. */
export type RedisClient =
  | { call(command: string, ...args: string[]): Promise<unknown> }
  | { sendCommand(args: string[]): Promise<unknown> };

/** How patient to be with Redis. */
export interface RedisOptions {
  /** How long an answer may take, in milliseconds, whatever the client's own time limit is. 1 to 60 000. Default 200. */
  timeoutMs?: number | undefined;
  /** Called with the error when Redis fails, and then not before Redis is asked again. Default: a process warning. */
  onError?: ((error: Error) => void) | undefined;
}

/**
 * Sends one command in one round trip.
 * @param read what the answer stands for; if it throws, that is a failure of Redis.
 * @returns a promise that rejects if Redis refuses, does not answer in time, or failed a moment ago.
 */
export type Send = <T>(command: readonly string[], read: (answer: unknown) => T) => Promise<T>;

/**
 * Makes one way to send commands out of two kinds of clients.
 * @param pauseMs how long Redis is not asked after it failed.
 * @throws TypeError if the client is neither, or an option is wrong.
 */
export function createSend(client: RedisClient, options: RedisOptions, pauseMs: number): Send {
  const command = commandOf(client);
  const timeoutMs = integer('timeoutMs', options.timeoutMs, 200, 1, 60_000);
  const onError = optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error));
  let askAgainAtMs = -Infinity;
  return async (args, read) => {
    if (performance.now() < askAgainAtMs) throw new Error('Redis failed a moment ago');
    try {
      return read(await withTimeLimit(command(args), timeoutMs, () => new Error(`no answer within ${timeoutMs} ms`)));
    } catch (error) {
      if (isNoScript(error)) throw error;
      const nowMs = performance.now();
      const isNews = nowMs >= askAgainAtMs;
      askAgainAtMs = nowMs + pauseMs;
      if (isNews) quietly(() => onError(error as Error));
      throw error;
    }
  };
}

/** Whether Redis does not have a script that it was asked for by its hash: it works, and wants the text. */
export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

function commandOf(client: RedisClient): (args: readonly string[]) => Promise<unknown> {
  const { call, sendCommand } = (client ?? {}) as { call?: unknown; sendCommand?: unknown };
  // ioredis has a `sendCommand` too, which takes something else
  if ('call' in Object(client) && typeof call === 'function') {
    return async (args) => Reflect.apply(call, client, args) as unknown;
  }
  if (typeof sendCommand === 'function') return async (args) => Reflect.apply(sendCommand, client, [args]) as unknown;
  throw new TypeError('client must be a client of ioredis or redis: { call } or { sendCommand }');
}
