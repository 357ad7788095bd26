import type { Device } from './device-registry.js';
import type { DeviceRecord } from './node/records.js';
import type { DeviceRow } from './store.js';

/** What the public face shows of a row. */
type ShownRow = Omit<DeviceRow, 'firstIssuedMs'>;

/** A device as the public face shows it: the row, and what this node knows better. */
export function deviceOf(row: ShownRow, record: DeviceRecord | undefined): Device {
  const { deviceId, wallet, label, firstSeenMs, certifiedAtMs, isConfirmed } = row;
  return Object.freeze({
    deviceId,
    wallet,
    label,
    firstSeenMs,
    lastSeenMs: Math.max(row.seenMs, record?.seenMs ?? 0),
    expiresAtMs: Math.max(row.expiresAtMs, record?.expiresAtMs ?? 0),
    certifiedAtMs,
    isConfirmed,
    lastAddress: record?.address ?? row.address,
    openStreams: record?.openStreams ?? 0,
  });
}

/** A device as its record shows it, without a look at its row. */
export function deviceOfRecord(record: DeviceRecord): Device {
  return deviceOf(record, record);
}
