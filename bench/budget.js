/** How long all rows may take together, in milliseconds. What every row measures at least comes on top, where that takes longer. */
const TOTAL_MS = 300_000;

const startedAt = performance.now();
let rowEndsAt = startedAt + TOTAL_MS;

/** A row begins: it may use an equal share of the time that is left, and leaves what it does not use to those after it. */
export function beginRow(rowsLeft) {
  const now = performance.now();
  rowEndsAt = now + Math.max(0, startedAt + TOTAL_MS - now) / rowsLeft;
}

/** Whether the row may measure more than it must. */
export function hasTime() {
  return performance.now() < rowEndsAt;
}

/** Shares of what is left of the row's time, for as many parts that are measured one after the other. */
export function sharesOfRow(parts) {
  let left = parts;
  return () => {
    const now = performance.now();
    const endsAt = now + Math.max(0, rowEndsAt - now) / left--;
    return () => performance.now() < endsAt;
  };
}
