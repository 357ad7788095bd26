import { Changes } from './changes.js';
import type { Database } from './database.js';
import { PREFIX, rowsOf, startingWith } from './keys.js';

/** So much of a wallet's address chooses the range of rows that is written anew: LevelDB's log names it. */
const ADDRESS_CHARS = 4;

/**
 * Makes changes that delete rows of a wallet, and has the files written anew that have what is deleted, in which LevelDB would leave
 * it for as long as it likes.
 *
 * A file is written anew where one above it has something in its range. So what is in memory becomes a file first, and the range of
 * the wallet's rows is marked, to lie above that and all older ones.
 */
export async function forgetting<T>(
  database: Database,
  wallet: string,
  make: (changes: Changes) => Promise<T>,
): Promise<T> {
  await database.compactRange('!', '!'); // no key is there: this writes what is in memory, and nothing anew
  const { gte, lt } = rowsOf(wallet);
  const marks = new Changes();
  marks.delete(gte);
  marks.delete(lt);
  const answer = await make(marks);
  const range = startingWith(PREFIX.row + wallet.slice(0, ADDRESS_CHARS));
  await database.compactRange(range.gte, range.lt);
  return answer;
}
