import { accessList, compileList, type AccessList, type AccessSubject } from '../gate/access/access-list.js';
import { integer, knownOptions, optionalFunction, quietly } from '../options.js';
import { createSend, type RedisClient, type RedisOptions, type Send } from './redis-client.js';

/** How a shared list is followed. */
export interface RedisListOptions extends RedisOptions {
  /** How often the list is fetched, in milliseconds. 100 to 3 600 000 (an hour). Default 5 000 (five seconds). */
  refreshMs?: number | undefined;
  /** Told after every change that was taken. Default: nobody is told. */
  onChange?: ((size: number) => void) | undefined;
}

/** A list that follows a set in Redis. */
export interface RedisList extends AccessList {
  /** Fetches it now. Never rejects: what goes wrong is told to `onError`, and the list stays as it was. */
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
 */
export function redisList(client: RedisClient, key: string, options: RedisListOptions = {}): Promise<RedisList> {
  knownOptions(options, ['refreshMs', 'onChange', 'timeoutMs', 'onError']);
  if (typeof key !== 'string' || key === '') throw new TypeError('key must be the name of a Redis set');
  const send = createSend(client, { ...options, onError: () => undefined }, 0);
  const onError = optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error));
  const onChange = optionalFunction('onChange', options.onChange) ?? (() => undefined);
  const refreshMs = integer('refreshMs', options.refreshMs, 5_000, 100, 3_600_000);
  return follow(new SetList(send, key, onChange, onError), refreshMs);
}

async function follow(list: SetList, refreshMs: number): Promise<RedisList> {
  await list.fetch();
  const timer = setInterval(() => void list.refresh(), refreshMs);
  timer.unref();
  return Object.assign(list, { close: () => clearInterval(timer) });
}

class SetList {
  readonly #send: Send;
  readonly #key: string;
  readonly #onChange: (size: number) => void;
  readonly #onError: (error: Error) => void;
  #list: AccessList = accessList([]);
  #members = '';
  #running: Promise<void> | undefined;

  constructor(send: Send, key: string, onChange: (size: number) => void, onError: (error: Error) => void) {
    this.#send = send;
    this.#key = key;
    this.#onChange = onChange;
    this.#onError = onError;
  }

  get size(): number {
    return this.#list.size;
  }

  has(subject: AccessSubject): boolean {
    return this.#list.has(subject);
  }

  /** One at a time, whoever asks. */
  refresh(): Promise<void> {
    this.#running ??= this.fetch()
      .catch((error: unknown) => quietly(() => this.#onError(error as Error)))
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async fetch(): Promise<void> {
    const answer = await this.#send('SMEMBERS', this.#key);
    if (!Array.isArray(answer)) throw new Error(`redisList: ${this.#key} brought no list`);
    const members = answer.map(String).toSorted();
    const text = members.join('\n');
    if (text === this.#members) return;
    if (members.length === 0) throw new Error(`redisList: ${this.#key} is gone; the last list stays`);
    this.#list = compileList(
      members.filter((member) => !member.startsWith('#')),
      () => `redisList: ${this.#key}`,
    );
    this.#members = text;
    quietly(() => this.#onChange(this.#list.size));
  }
}
