import type { EndedState } from '../devices/memory/ended-rows.js';
import type { Epoch } from '../devices/revocation/epochs.js';
import type { DeviceRow } from '../devices/store.js';

/** A row, and where the index of rows to be purged has it. */
export interface StoredRow extends DeviceRow {
  /** The key of its entry, which may be earlier than it should, and never later. */
  readonly entry: string;
}

/** What is written of a row; its key has the rest. */
export function rowValue(row: StoredRow): unknown {
  const { deviceId: _id, wallet: _wallet, ...rest } = row;
  return { ...rest, firstIssuedMs: finite(rest.firstIssuedMs), expiresAtMs: finite(rest.expiresAtMs) };
}

/** @throws TypeError */
export function rowOf(deviceId: string, value: unknown): StoredRow {
  const { firstSeenMs, seenMs, firstIssuedMs, expiresAtMs, certifiedAtMs, isConfirmed, label, address, entry } =
    (value ?? {}) as Partial<StoredRow>;
  if (![firstSeenMs, seenMs, firstIssuedMs, expiresAtMs, certifiedAtMs ?? 0].every(Number.isFinite))
    throw new TypeError('a time is none');
  if (typeof isConfirmed !== 'boolean' || typeof label !== 'string' || typeof entry !== 'string')
    throw new TypeError('something is missing');
  return { ...(value as StoredRow), deviceId, wallet: walletOf(deviceId), certifiedAtMs, address };
}

/** The row without where the index has it. */
export function publicRow(stored: StoredRow): DeviceRow {
  const { entry: _entry, ...row } = stored;
  return row;
}

export function endedValue({ row, cause, sinceMs, attempt }: EndedState): unknown {
  const { firstSeenMs, certifiedAtMs } = row;
  return { firstSeenMs, certifiedAtMs, cause, sinceMs, attempt };
}

/** @throws TypeError */
export function endedOf(deviceId: string, value: unknown): EndedState {
  const { firstSeenMs, certifiedAtMs, cause, sinceMs, attempt } = (value ?? {}) as Partial<
    EndedState & EndedState['row']
  >;
  const isWhole = [firstSeenMs, sinceMs, attempt, certifiedAtMs ?? 0].every(Number.isFinite);
  if (!isWhole || (cause !== 'revoked' && cause !== 'purged')) throw new TypeError('something is missing');
  const row = { deviceId, wallet: walletOf(deviceId), firstSeenMs: firstSeenMs as number, certifiedAtMs };
  return { row, cause, sinceMs: sinceMs as number, attempt: attempt as number };
}

/** @throws TypeError */
export function epochOf(value: unknown): Epoch {
  const { atMs, survivor } = (value ?? {}) as Partial<Epoch>;
  if (!Number.isSafeInteger(atMs) || (survivor !== undefined && typeof survivor !== 'string'))
    throw new TypeError('something is missing');
  return { atMs: atMs as number, survivor };
}

/** The wallet that a device's id begins with. */
function walletOf(deviceId: string): string {
  return deviceId.slice(0, deviceId.indexOf('/'));
}

/** JSON has no infinite numbers. */
function finite(ms: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, ms));
}
