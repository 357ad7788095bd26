import { readInput } from './read-input.js';
import { UsageError } from './usage-error.js';

const MAX_BYTES = 1_048_576;

/**
 * The token to look at: the arguments, or standard input if there are none or just `-`. The scheme, or the whole header
 * as `wallet-auth token --header` prints it, may come along.
 * @throws UsageError if there is nothing to read.
 */
export async function tokenInput(args: readonly string[]): Promise<string> {
  return (await rawInput(args)).trim().replace(/^authorization: */i, '');
}

async function rawInput(args: readonly string[]): Promise<string> {
  if (args.length > 0 && !(args.length === 1 && args[0] === '-')) return args.join(' ');
  if (process.stdin.isTTY) throw new UsageError('no token: give it as an argument or pipe it in');
  return new TextDecoder().decode(await readInput('-', MAX_BYTES));
}
