import type { UnsignedKey } from './encode-token.js';

/** What a text says beside the key. */
export interface StatementSigner {
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

/** Under this a statement writes its text itself, so that only programs which use such statements load what writes them. */
export const TEXT = Symbol('text');

/** A statement that names the wallet and the times of the key. */
export interface WrittenStatement {
  /** @throws RangeError unless the key `hasNamedTimes`. */
  readonly [TEXT]: (key: UnsignedKey, signer: StatementSigner, toHex: (bytes: Uint8Array) => string) => string;
}
