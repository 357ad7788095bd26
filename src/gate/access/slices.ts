/** How long a slice of work may stop the event loop, in milliseconds. */
const SLICE_MS = 3;
/** How many steps are done between two looks at the clock; together they take less than a millisecond. */
const STEPS = 32;

/** Does work at once. */
export function atOnce<T>(work: Generator<undefined, T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

/**
 * Does work in slices of at most five milliseconds, between which the event loop turns.
 * @param work yields after every small step.
 * @param isOver looked at after each pause: whether the work is to be left undone.
 * @returns a promise of the work's result, `undefined` if it was left; it rejects with what the work throws.
 */
export async function inSlices<T>(work: Generator<undefined, T>, isOver: () => boolean): Promise<T | undefined> {
  let endMs = performance.now() + SLICE_MS;
  for (let count = 1; ; count++) {
    const step = work.next();
    if (step.done === true) return isOver() ? undefined : step.value;
    if (count % STEPS !== 0 || performance.now() < endMs) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (isOver()) return undefined;
    endMs = performance.now() + SLICE_MS;
  }
}
