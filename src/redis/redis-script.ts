import { createHash } from 'node:crypto';

import { isNoScript, type Send } from './redis-client.js';

/** Runs a Lua script in one round trip, or two when Redis has lost it. Rejects as `Send` does. */
export type RunScript = <T>(
  keys: readonly string[],
  args: readonly string[],
  read: (answer: unknown) => T,
) => Promise<T>;

/**
 * Makes a script that is sent whole until Redis has answered it once, and by its hash from then on. All keys that it touches
 * must be given as keys, so that it works on a cluster.
 */
export function redisScript(send: Send, text: string): RunScript {
  const hash = createHash('sha1').update(text).digest('hex');
  let isKnown = false;
  return async (keys, args, read) => {
    const rest = [String(keys.length), ...keys, ...args];
    if (isKnown) {
      try {
        return await send(['EVALSHA', hash, ...rest], read);
      } catch (error) {
        if (!isNoScript(error)) throw error;
      }
    }
    const result = await send(['EVAL', text, ...rest], read);
    isKnown = true;
    return result;
  };
}
