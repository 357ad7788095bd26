import { accessList, compileList, type AccessList } from '../gate/access/access-list.js';
import { FollowedList } from '../gate/access/followed-list.js';
import { integer, knownOptions, optionalFunction } from '../options.js';
import { createSend, type RedisClient, type RedisOptions } from './redis-client.js';

/** How a shared list is followed. */
export interface RedisListOptions extends RedisOptions {
  /** How often the list is fetched, in milliseconds. 100 to 3 600 000 (an hour). Default 5 000 (five seconds). */
  refreshMs?: number | undefined;
  /** Called with the list's size after every change that was taken. Default: nothing is called. */
  onChange?: ((size: number) => void) | undefined;
}

/** A list that follows a set in Redis. */
export interface RedisList extends AccessList {
  /** Fetches it now. Never rejects: `onError` is called with what goes wrong, and the list stays as it was. */
  refresh(): Promise<void>;
  /** Stops following; the list stays as it is. Following does not keep the process alive. */
  close(): void;
}

/**
 * Makes a list of the members of a Redis set, the same on all nodes: `SADD denied 0x…`. Look-ups are in-process; the set is
 * fetched in the background. While Redis is away, and after a change with a wrong entry in it, the last good list stays in
 * force. So it does when a set that had members is gone, which a Redis that lost its data looks like; to empty a list, leave a
 * member that begins with `#` in it.
 * @returns a promise that rejects if the first fetch fails or brings a wrong entry.
 * @throws TypeError if the client is none, or an option is wrong.
 * @example
 * import { createGate } from 'grpc-wallet-auth/gate';
 * import { redisList } from 'grpc-wallet-auth/redis';
 * import { Redis } from 'ioredis';
 *
 * const denied = await redisList(new Redis(), 'denied');
 * const gate = createGate({ access: { deny: denied } });
 */
export function redisList(client: RedisClient, key: string, options: RedisListOptions = {}): Promise<RedisList> {
  knownOptions(options, ['refreshMs', 'onChange', 'timeoutMs', 'onError']);
  if (typeof key !== 'string' || key === '') throw new TypeError('key must be the name of a Redis set');
  const send = createSend(client, { ...options, onError: () => undefined }, 0);
  const hooks = {
    onChange: optionalFunction('onChange', options.onChange) ?? (() => undefined),
    onError: optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error)),
  };
  const refreshMs = integer('refreshMs', options.refreshMs, 5_000, 100, 3_600_000);
  const fetchMembers = () => send(['SMEMBERS', key], (answer) => membersOf(answer, key));
  return follow(new FollowedList(accessList([]), hooks), key, fetchMembers, refreshMs);
}

async function follow(
  list: FollowedList,
  key: string,
  fetchMembers: () => Promise<string[]>,
  refreshMs: number,
): Promise<RedisList> {
  let taken = '';
  let running: Promise<void> | undefined;
  await fetchList();
  const timer = setInterval(() => void refresh(), refreshMs);
  timer.unref();
  return Object.assign(list, { refresh, close: () => clearInterval(timer) });

  /** One at a time, whoever asks. */
  function refresh(): Promise<void> {
    running ??= fetchList()
      .catch((error: unknown) => list.keep(error))
      .finally(() => (running = undefined));
    return running;
  }

  async function fetchList(): Promise<void> {
    const members = (await fetchMembers()).toSorted();
    const text = members.join('\n');
    if (text === taken) return;
    if (members.length === 0) throw new Error(`redisList: ${key} is gone; the last list stays`);
    const entries = members.filter((member) => !member.startsWith('#'));
    list.take(compileList(entries, () => `redisList: ${key}`));
    taken = text;
  }
}

function membersOf(answer: unknown, key: string): string[] {
  if (Array.isArray(answer)) return answer.map(String);
  throw new Error(`redisList: ${key} brought no list`);
}
