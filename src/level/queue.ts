/** Runs tasks one after the other: what one of them decides, nothing comes between. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what the task answers; a rejection stops no later task. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
