import { quietly } from '../../options.js';
import { EntryList, entryKey, readEntry, type AccessList, type AccessSubject, type Entry } from './access-list.js';
import { atOnce, inSlices } from './slices.js';

/** What a list that follows a source calls. What they throw or reject with is dropped. */
export interface FollowedListHooks {
  /** Called with the list's size after every change. */
  readonly onChange: (size: number) => void;
  /** Called with the reason why a version, or an entry of one, was not taken. */
  readonly onError: (error: Error) => void;
}

/** What a list is to hold, as its source has it. */
export interface ListVersion {
  /** The entries in any order; an empty text stands for none, such as a comment. */
  readonly entries: Iterable<string>;
  /**
   * What errors call the list at an entry's place.
   * @param index counts from 0, empty texts included.
   */
  readonly nameOf: (index: number) => string;
  /** Whether a wrong entry is reported, once, and left out. Default: the version is not taken. */
  readonly leavesOutWrong?: boolean;
}

/** A version that was read. */
interface ReadVersion {
  readonly list: EntryList;
  /** Every text with what it stands for; nothing if it is wrong. */
  readonly entries: ReadonlyMap<string, Entry | undefined>;
  readonly isChange: boolean;
}

/**
 * The half of a followed list that does not depend on its source: it answers from the last good version. Another version is
 * read and checked beside that, in slices of a few milliseconds, and takes its place in one step once it is complete; what is
 * in both is not read again.
 */
export class FollowedList implements AccessList {
  readonly #hooks: FollowedListHooks;
  #now: ReadVersion = { list: new EntryList(), entries: new Map(), isChange: false };
  #isClosed = false;
  #stop: () => void = () => undefined;

  /**
   * @param version what it holds at first, read at once. Default: nothing.
   * @throws TypeError naming an entry that is wrong.
   */
  constructor(hooks: FollowedListHooks, version?: ListVersion) {
    this.#hooks = hooks;
    if (version) this.#now = atOnce(this.#read(version));
  }

  get size(): number {
    return this.#now.list.size;
  }

  get hasAddresses(): boolean {
    return this.#now.list.hasAddresses;
  }

  has(subject: AccessSubject): boolean {
    return this.#now.list.has(subject);
  }

  /**
   * Puts a version in force, if it differs. One version at a time: wait for the promise.
   * @returns a promise that rejects with a TypeError naming an entry that is wrong; then nothing has changed.
   */
  async take(version: ListVersion): Promise<void> {
    const next = await inSlices(this.#read(version), () => this.#isClosed);
    if (next === undefined) return;
    this.#now = next;
    if (next.isChange) quietly(() => this.#hooks.onChange(next.list.size));
  }

  /** Keeps the last good version and reports why. */
  keep(reason: unknown): void {
    if (!this.#isClosed) quietly(() => this.#hooks.onError(reason as Error));
  }

  /** Every text of the version in force that stands for the same as one of these. */
  async textsOf(entries: Iterable<Entry>): Promise<readonly string[]> {
    const keys = new Set(Array.from(entries, entryKey));
    return (await inSlices(textsWith(keys, this.#now.entries), () => false)) ?? [];
  }

  /** Takes no other version from now on, and stops what was attached. */
  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  /** Gives it something to stop when it is closed. */
  attach(stop: () => void): this {
    this.#stop = stop;
    return this;
  }

  *#read({ entries, nameOf, leavesOutWrong = false }: ListVersion): Generator<undefined, ReadVersion> {
    const before = this.#now;
    const read = new Map<string, Entry | undefined>();
    const list = new EntryList();
    let isChange = false;
    let index = -1;
    for (const text of entries) {
      yield;
      index++;
      if (text === '') continue;
      let entry = before.entries.get(text);
      if (entry === undefined && !before.entries.has(text)) {
        try {
          entry = readEntry(text, () => nameOf(index));
          isChange = true;
        } catch (error) {
          if (!leavesOutWrong) throw error;
          this.keep(error);
        }
      }
      read.set(text, entry);
      if (entry !== undefined) list.add(entry);
    }
    return { list, entries: read, isChange: isChange || list.size !== before.list.size };
  }
}

function* textsWith(
  keys: ReadonlySet<string>,
  entries: ReadonlyMap<string, Entry | undefined>,
): Generator<undefined, string[]> {
  const found: string[] = [];
  for (const [text, entry] of entries) {
    yield;
    if (entry !== undefined && keys.has(entryKey(entry))) found.push(text);
  }
  return found;
}
