/** What keys begin with. */
export const PREFIX = {
  /** `d!<wallet>/<32 hex digits>`: the row of a device. */
  row: 'd!',
  /** `k!<revocation key>`: the id of a device with a row. */
  deviceOfKey: 'k!',
  /** `u!<time>!<device>`: an unconfirmed row, not later than its token ends. */
  unconfirmed: 'u!',
  /** `t!<time>!<device>`: a confirmed row, not later than it was idle from. */
  confirmed: 't!',
  /** `r!<revocation key>`: a device is revoked. */
  revoked: 'r!',
  /** `e!<wallet>`: until when a wallet's devices are revoked. */
  epoch: 'e!',
  /** `c!<device>`: a clean-up that is not done. */
  cleanUp: 'c!',
  /** `f!<place>`: what the next row of some wallets has to be later than. */
  floor: 'f!',
  /** `m!<name>`: of the store itself. */
  meta: 'm!',
} as const;

/** A range of keys. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** All keys that begin with a text. */
export function startingWith(text: string): KeyRange {
  const last = text.length - 1;
  return { gte: text, lt: text.slice(0, last) + String.fromCharCode(text.charCodeAt(last) + 1) };
}

/** The keys of a wallet's rows. */
export function rowsOf(wallet: string): KeyRange {
  return startingWith(`${PREFIX.row}${wallet}/`);
}

/** 16 bytes of SHA-256 as 22 characters. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString('base64url');
}

/** @returns `undefined` if the text is none. */
export function keyOfText(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 16 && keyText(bytes) === text ? new Uint8Array(bytes) : undefined;
}
