import { quietly } from '../../options.js';
import type { AccessList, AccessSubject } from './access-list.js';

/** What a list that follows a source calls. What they throw or reject with is dropped. */
export interface FollowedListHooks {
  /** Called with the list's size after every change. */
  readonly onChange: (size: number) => void;
  /** Called with the reason why a version was not taken. */
  readonly onError: (error: Error) => void;
}

/**
 * The half of a followed list that does not depend on its source: it answers from the last good version, and a version is taken
 * as a whole or not at all.
 */
export class FollowedList implements AccessList {
  readonly #hooks: FollowedListHooks;
  #list: AccessList;

  constructor(list: AccessList, hooks: FollowedListHooks) {
    this.#list = list;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#list.size;
  }

  has(subject: AccessSubject): boolean {
    return this.#list.has(subject);
  }

  /** Puts a version in force. */
  take(list: AccessList): void {
    this.#list = list;
    quietly(() => this.#hooks.onChange(list.size));
  }

  /** Keeps the last good version and reports why. */
  keep(reason: unknown): void {
    quietly(() => this.#hooks.onError(reason as Error));
  }
}
