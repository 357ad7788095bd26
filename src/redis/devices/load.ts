import type { Run } from './run-scripts.js';
import { LIVE, REVOKED } from './scripts/state.js';

/** What is revoked, in the texts of the log, by the numbers at which that was logged. */
export interface RevokedPage {
  readonly texts: readonly string[];
  readonly first: Revoked | undefined;
  readonly last: Revoked | undefined;
}

/** A revocation and its number. */
export interface Revoked {
  readonly seq: number;
  readonly text: string;
}

/** How much is asked for at once; Redis does nothing else meanwhile. */
const PORTION = 5_000;

/** @yields what is revoked from a number on, in portions; what is logged anew meanwhile comes last. */
export async function* revokedPages(run: Run, fromSeq: number): AsyncGenerator<RevokedPage> {
  let from = String(fromSeq);
  for (;;) {
    const page = pairsOf(await run(REVOKED, [from, PORTION])).map(([text, seq]) => ({ seq: Number(seq), text }));
    const last = page.at(-1);
    yield { texts: page.map(({ text }) => text), first: page[0], last };
    if (last === undefined || page.length < PORTION) return;
    from = `(${last.seq}`;
  }
}

/**
 * All devices whose row has not ended: first the unconfirmed, as one may be confirmed meanwhile. A row that is renewed meanwhile
 * moves on, so none is left out; some may come twice.
 * @yields portions of their ids.
 */
export async function* liveIds(run: Run): AsyncGenerator<string[]> {
  for (const set of [0, 1]) {
    let from = '-inf';
    let size = PORTION;
    for (;;) {
      const page = pairsOf(await run(LIVE, [set, from, size]));
      yield page.map(([id]) => id);
      if (page.length < size) break;
      const last = page.at(-1)?.[1] ?? '';
      if (last === page[0]?.[1]) size *= 2; // so many at one time: there may be more
      from = last;
    }
  }
}

function pairsOf(list: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < list.length; i += 2) pairs.push([list[i] ?? '', list[i + 1] ?? '']);
  return pairs;
}
