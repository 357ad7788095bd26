import { quietly } from '../../options.js';
import type { SessionStatus } from './session.js';

/** The current status and those who follow it. */
export class StatusBoard {
  readonly #listeners = new Set<(status: SessionStatus) => void>();
  #status: SessionStatus;

  constructor(first: SessionStatus) {
    this.#status = Object.freeze(first);
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** @returns ends it. Who subscribes twice is called twice. */
  subscribe(listener: (status: SessionStatus) => void): () => void {
    const own = (status: SessionStatus) => listener(status);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Shows a status to all; what a listener throws stops nobody. */
  publish(status: SessionStatus): void {
    this.#status = Object.freeze(status);
    for (const listener of this.#listeners) quietly(() => listener(status));
  }

  close(): void {
    this.#listeners.clear();
  }
}
