import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

import { CURVE_ORDER } from './token-workshop.js';

const FILE = new URL('../../../shared/wycheproof/ecdsa_secp256k1_sha256_p1363_test.json', import.meta.url);

/** One of Wycheproof's ECDSA cases, in the shape in which a Curve takes it. */
export interface WycheproofCase {
  readonly title: string;
  /** 65 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of the message. */
  readonly digest: Uint8Array;
  /** As the file has it; not always 64 bytes. */
  readonly signature: Uint8Array;
  /** What the file says: plain ECDSA, either S. */
  readonly valid: boolean;
  /** Whether S is above half of the order. */
  readonly highS: boolean;
  /** What a Curve must answer: valid, and low S. */
  readonly accepted: boolean;
}

interface WycheproofFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid';
    }[];
  }[];
}

/** Whether the vectors are there; they lie beside the repository and are not in it. */
export const haveWycheproof = existsSync(FILE);

/** For the title of a test that `it.skipIf(!haveWycheproof)` may skip. */
export const wycheproofNote = haveWycheproof ? '' : ' (skipped: ../shared/wycheproof is not there)';

/** All cases; none where the file is missing. */
export function loadWycheproof(): WycheproofCase[] {
  if (!haveWycheproof) return [];
  const file = JSON.parse(readFileSync(FILE, 'utf8')) as WycheproofFile;
  const cases = file.testGroups.flatMap(({ publicKey, tests }) =>
    tests.map(({ tcId, comment, msg, sig, result }): WycheproofCase => {
      const valid = result === 'valid';
      const highS = sig.length === 128 && BigInt(`0x${sig.slice(64)}`) > CURVE_ORDER / 2n;
      return {
        title: `${tcId} ${comment}`,
        publicKey: fromHex(publicKey.uncompressed),
        digest: createHash('sha256').update(fromHex(msg)).digest(),
        signature: fromHex(sig),
        valid,
        highS,
        accepted: valid && !highS,
      };
    }),
  );
  if (cases.length !== file.numberOfTests) throw new Error('the Wycheproof file is not complete');
  return cases;
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
