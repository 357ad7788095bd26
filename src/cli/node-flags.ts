import type { VerifierOptions } from '../verify/options.js';
import { readInput, inputName } from './files.js';
import { UsageError, durationFlag, type CommandValues } from './flags.js';

/** The environment variable that may hold a node's secret of challenges. */
export const CHALLENGE_VARIABLE = 'WALLET_AUTH_CHALLENGE_SECRET';

/** What tokens are compared with: the options of a node in `serve`, `inspect` and `verify`. */
export const nodeFlags = {
  audience: { type: 'string', multiple: true },
  'challenge-secret-file': { type: 'string', multiple: true },
  'challenge-slot': { type: 'string' },
} as const;

const MAX_SECRET_BYTES = 1_026; // with a line end

/**
 * The node's names and its challenges. A secret is never an argument, which every process of the machine can read.
 * @throws UsageError if a secret cannot be read, or a flag does not go with the others; the verifier checks the rest.
 */
export async function nodeOptionsOf(
  values: CommandValues<typeof nodeFlags>,
): Promise<Pick<VerifierOptions, 'audience' | 'challenge'>> {
  const { audience, 'challenge-secret-file': files, 'challenge-slot': slot } = values;
  const secrets = await challengeSecrets(files);
  if (secrets === undefined) {
    if (slot !== undefined) throw new UsageError('--challenge-slot goes with a secret of challenges');
    return { audience };
  }
  if (audience === undefined) throw new UsageError('a secret of challenges goes with --audience');
  const slotMs = slot === undefined ? undefined : durationFlag('--challenge-slot', slot);
  return { audience, challenge: { secrets, slotMs } };
}

async function challengeSecrets(files: readonly string[] | undefined): Promise<Uint8Array[] | undefined> {
  if (files === undefined) {
    const variable = process.env[CHALLENGE_VARIABLE];
    return variable === undefined ? undefined : [checked(new TextEncoder().encode(variable), CHALLENGE_VARIABLE)];
  }
  if (files.length > 2) throw new UsageError('--challenge-secret-file may be given twice at most');
  const secrets = [];
  for (const file of files) secrets.push(checked(await readInput(file, MAX_SECRET_BYTES), inputName(file)));
  return secrets;
}

/** The bytes without the line end of a text file. */
function checked(bytes: Uint8Array, source: string): Uint8Array {
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end--;
  if (bytes[end - 1] === 0x0d) end--;
  if (end >= 32 && end <= 1_024) return bytes.subarray(0, end);
  throw new UsageError(`the secret in ${source} must have 32 to 1024 bytes`);
}
