/** An answer of a script, which is a flat list: as texts, whatever the client makes of numbers and of bytes. */
export function texts(answer: unknown): string[] {
  if (Array.isArray(answer)) return answer.map((value) => (value === null || value === undefined ? '' : String(value)));
  throw new Error('redisDevices: Redis answered no list');
}

/** Cuts a list in groups of so many. */
export function groupsOf<T>(list: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let start = 0; start < list.length; start += size) groups.push(list.slice(start, start + size));
  return groups;
}

/** An entry of the log. */
export interface LogEntry {
  readonly seq: number;
  /** `r`: `value` is revoked. `p`: its row is gone, or is being cleaned up. */
  readonly kind: string;
  readonly value: string;
  /** What tells it from an entry of the same number in another history. */
  readonly nonce: string;
  /** The nonce of the entry before it. */
  readonly previous: string;
}

/**
 * The entries in an answer to XREAD of one stream. Clients answer with pairs, a flat list, a Map or an object, depending on the
 * protocol and on their options; `null` where nothing came in time.
 */
export function readEntries(answer: unknown): LogEntry[] {
  if (answer === null || answer === undefined) return [];
  const entries = answer instanceof Map ? [...(answer.values() as Iterable<unknown>)][0] : entriesOf(answer);
  if (!Array.isArray(entries)) throw new Error('redisDevices: Redis answered XREAD with no entries');
  return entries.map(readEntry);
}

function entriesOf(answer: unknown): unknown {
  if (!Array.isArray(answer)) return Object.values(answer as object)[0];
  return Array.isArray(answer[0]) ? (answer[0] as unknown[])[1] : answer[1];
}

function readEntry(entry: unknown): LogEntry {
  const [id, list] = Array.isArray(entry) ? (entry as unknown[]) : [];
  const flat = Array.isArray(list) ? texts(list) : texts(Object.entries(Object(list) as object).flat());
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] ?? '', flat[i + 1] ?? '');
  const seq = Number(/^(\d+)-/.exec(String(id))?.[1] ?? NaN);
  const field = (name: string) => fields.get(name) ?? '';
  return { seq, kind: field('k'), value: field('v'), nonce: field('n'), previous: field('p') };
}
