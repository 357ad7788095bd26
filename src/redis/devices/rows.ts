import type { DeviceRow } from '../../devices/store.js';

/** Characters of a wallet's address. */
const WALLET_LENGTH = 42;

/** The wallet in a device id. */
export const walletOfId = (deviceId: string): string => deviceId.slice(0, WALLET_LENGTH);

/** A number for a script; nothing for one that is not known, or has no bounds. */
export const numberText = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '' : String(value);

/** An address as part of a row, whose parts `|` separates. */
export const addressText = (address: string | undefined): string =>
  (address ?? '').replaceAll(/[%|]/g, (character) => encodeURIComponent(character));

/** The text of a row that has not ended: the same parts, in the same order, as the scripts' `writeRow`. */
export function rowText(row: DeviceRow): string {
  const { firstSeenMs, firstIssuedMs, certifiedAtMs, expiresAtMs, seenMs } = row;
  const times = [firstSeenMs, firstIssuedMs, certifiedAtMs, expiresAtMs, seenMs].map(numberText);
  return [...times, row.isConfirmed ? '1' : '0', '', '', addressText(row.address), row.label].join('|');
}

const ROW = /^([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|[^|]*\|([^|]*)\|(.*)$/s;

/** The row in a text; `undefined` if it is none, or has ended. */
export function readRow(deviceId: string, text: string): DeviceRow | undefined {
  const parts = ROW.exec(text);
  if (parts === null) return undefined;
  const [, firstSeen, firstIssued, certified = '', expires, seen, confirmed, state, address = '', label = ''] = parts;
  if (state !== '') return undefined;
  return {
    deviceId,
    wallet: walletOfId(deviceId),
    firstSeenMs: Number(firstSeen),
    seenMs: Number(seen),
    firstIssuedMs: Number(firstIssued),
    expiresAtMs: Number(expires),
    certifiedAtMs: certified === '' ? undefined : Number(certified),
    isConfirmed: confirmed === '1',
    label,
    address: address === '' ? undefined : address.replaceAll(/%(25|7C)/g, (code) => decodeURIComponent(code)),
  };
}
