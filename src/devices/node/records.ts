import { LeaseHolder } from '../leases/lease.js';
import type { DeviceRow } from '../store.js';

/** What a node knows of a device that it serves. */
export class DeviceRecord extends LeaseHolder {
  readonly deviceId: string;
  readonly wallet: string;
  readonly firstSeenMs: number;
  readonly certifiedAtMs: number | undefined;
  label: string;
  address: string | undefined;
  isConfirmed: boolean;
  seenMs: number;
  /** How many values hang on it. */
  pins = 0;
  /** No call of it is admitted any more. */
  isRevoked = false;
  /** This record is not the device's any more: it has another, or none. */
  isDropped = false;
  /** Whether it was used since the clock hand passed. */
  wasUsed = true;
  /** Where it stands on the clock. */
  place = -1;

  constructor(row: DeviceRow) {
    super();
    this.deviceId = row.deviceId;
    this.wallet = row.wallet;
    this.firstSeenMs = row.firstSeenMs;
    this.certifiedAtMs = row.certifiedAtMs;
    this.label = row.label;
    this.address = row.address;
    this.isConfirmed = row.isConfirmed;
    this.seenMs = row.seenMs;
  }

  get openStreams(): number {
    return this.streams?.size ?? 0;
  }

  /** Its row, as far as this node knows. When its first token was made is not kept: soon before it was seen first. */
  row(): DeviceRow {
    const { deviceId, wallet, firstSeenMs, seenMs, expiresAtMs, certifiedAtMs, isConfirmed, label, address } = this;
    const firstIssuedMs = firstSeenMs;
    return {
      deviceId,
      wallet,
      firstSeenMs,
      firstIssuedMs,
      seenMs,
      expiresAtMs,
      certifiedAtMs,
      isConfirmed,
      label,
      address,
    };
  }
}

/** Places that the clock hand passes for one newcomer at most, so that none pays for all that stay. */
const MAX_STEPS = 256;

/**
 * The records of a node, so many at most: by second chance, those that were not used of late make room. Records with open
 * streams or pins stay, however many.
 */
export class Records {
  readonly #max: number;
  readonly #byId = new Map<string, DeviceRecord>();
  readonly #clock: DeviceRecord[] = [];
  #hand = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(deviceId: string): DeviceRecord | undefined {
    return this.#byId.get(deviceId);
  }

  values(): Iterable<DeviceRecord> {
    return this.#byId.values();
  }

  /** @returns the records that made room: more than one where there are too many because too few could. */
  add(record: DeviceRecord): readonly DeviceRecord[] {
    this.#byId.set(record.deviceId, record);
    record.place = this.#clock.push(record) - 1;
    const evicted: DeviceRecord[] = [];
    for (let steps = MAX_STEPS; steps > 0 && this.size > this.#max; steps--) {
      const old = this.#passNext(record);
      if (old !== undefined) evicted.push(old);
    }
    return evicted;
  }

  delete(record: DeviceRecord): void {
    if (record.place < 0) return;
    this.#byId.delete(record.deviceId);
    const last = this.#clock.pop();
    if (last !== undefined && last !== record) {
      this.#clock[record.place] = last;
      last.place = record.place;
    }
    record.place = -1;
  }

  /** Moves the clock hand by one place. @returns the record there if it has had its second chance. */
  #passNext(newest: DeviceRecord): DeviceRecord | undefined {
    if (this.#hand >= this.#clock.length) this.#hand = 0;
    const record = this.#clock[this.#hand++];
    if (record === undefined || record === newest || record.openStreams > 0 || record.pins > 0) return undefined;
    if (record.wasUsed) {
      record.wasUsed = false;
      return undefined;
    }
    record.isDropped = true;
    this.delete(record);
    return record;
  }
}
