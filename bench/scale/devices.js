import { createHash } from 'node:crypto';

export const HOUR_MS = 3_600_000;

/** A wallet's address by its number; its letters are not in EIP-55 case, which no store looks at. */
const walletOf = (number) => `0x${hex(`wallet ${number}`, 40)}`;

/** A device id by its number; so many devices have the same wallet. */
export const idOf = (number, perWallet = 1) =>
  `${walletOf(Math.floor(number / perWallet))}/${hex(`device ${number}`, 32)}`;

/** A device's first call. */
export function sightingOf(number, perWallet) {
  const nowMs = Date.now();
  const deviceId = idOf(number, perWallet);
  return {
    deviceId,
    wallet: deviceId.slice(0, 42),
    certifiedAtMs: nowMs - 1_000,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + HOUR_MS,
    address: undefined,
  };
}

/** Its next token. */
export function renewalOf(number) {
  const nowMs = Date.now();
  const issuedAtMs = nowMs + HOUR_MS; // late enough to confirm it
  return { deviceId: idOf(number), expiresAtMs: issuedAtMs + HOUR_MS, issuedAtMs, address: undefined };
}

function hex(text, digits) {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
