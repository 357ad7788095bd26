import { deviceIdOf, walletOf } from '../devices/device-id.js';
import type { Fact } from '../devices/store.js';

/** What the lines are, for those who find a file of them. */
const HEADER =
  '# what is revoked, for "wallet-auth devices import"; device <id>, key <hash of an id>, wallet <address> <until> [<survivor>]';
/** 16 bytes: the last character has four bits that count. */
const KEY = /^[\w-]{21}[AQgw]$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;
/** The latest time that has four digits for its year. */
const MAX_DATE_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Facts as lines of text. */
export function* linesOf(facts: Iterable<Fact>): Iterable<string> {
  yield HEADER;
  for (const fact of facts) yield lineOf(fact);
}

/**
 * The facts in a text: one a line; blank lines and what follows a `#` do not count.
 * @throws TypeError naming the first line that is none.
 */
export function factsOf(text: string): readonly Fact[] {
  return text.split('\n').flatMap((line, i) => {
    const words = line.replace(/#.*/s, '').trim().split(/\s+/);
    if (words[0] === '') return [];
    const fact = factOf(words);
    if (fact === undefined)
      throw new TypeError(
        `line ${i + 1}: expected device <id>, key <22 characters> or wallet <address> <time> [<device>]`,
      );
    return [fact];
  });
}

function lineOf(fact: Fact): string {
  if ('deviceId' in fact) return `device ${fact.deviceId}`;
  if ('key' in fact) return `key ${Buffer.from(fact.key).toString('base64url')}`;
  const { wallet, atMs, survivor } = fact;
  const isDate = atMs >= 0 && atMs <= MAX_DATE_MS;
  const time = isDate ? new Date(atMs).toISOString() : String(atMs);
  return `wallet ${wallet} ${time}${survivor === undefined ? '' : ` ${survivor}`}`;
}

function factOf([kind = '', ...words]: readonly string[]): Fact | undefined {
  const [name = '', time = '', survivor] = words;
  try {
    if (kind === 'device' && words.length === 1) return { deviceId: deviceIdOf(name).id };
    if (kind === 'key' && words.length === 1 && KEY.test(name))
      return { key: new Uint8Array(Buffer.from(name, 'base64url')) };
    if (kind !== 'wallet' || words.length > 3) return undefined;
    const wallet = walletOf(name);
    const atMs = timeOf(time);
    if (!Number.isSafeInteger(atMs)) return undefined;
    if (survivor === undefined) return { wallet, atMs, survivor };
    const { id, wallet: owner } = deviceIdOf(survivor);
    return owner === wallet ? { wallet, atMs, survivor: id } : undefined;
  } catch {
    return undefined; // no id, or no address
  }
}

function timeOf(text: string): number {
  return /^-?\d{1,16}$/.test(text) ? Number(text) : TIME.test(text) ? Date.parse(text) : NaN;
}
