import { createRevocationBound, type RevocationBound } from './revocations.js';

/** Until when the devices of a wallet are revoked. */
export interface Epoch {
  /** Milliseconds since the Unix epoch, by the clock of the store. */
  readonly atMs: number;
  /** The id of the one device that goes on. */
  readonly survivor: string | undefined;
}

/** What is known about a device that an epoch may cover; times in milliseconds since the Unix epoch. */
export interface Sighting {
  readonly deviceId: string;
  /** When its first call was admitted, by the clock of the store; `undefined` if it has no row, or none is known here. */
  readonly firstSeenMs?: number | undefined;
  /** When the wallet signed its certificate; `undefined` if the certificate does not tell. */
  readonly certifiedAtMs?: number | undefined;
  /** The clock of the node. */
  readonly nowMs: number;
}

/** The epochs of wallets, by address in EIP-55 case. They only grow. */
export interface Epochs {
  /** How many wallets have one. */
  readonly size: number;
  get(wallet: string): Epoch | undefined;
  /**
   * Takes in an epoch, in whatever order and however often they come: the latest counts, with its survivor; two that are
   * equally late and name different survivors, or one of them none, leave none.
   *
   * Only the latest is kept. So whoever makes an epoch has to refuse a survivor that is already revoked.
   * @returns whether anything changed.
   * @throws RangeError if the wallet has none yet and the bound is reached, TypeError if the time is no integer.
   */
  merge(wallet: string, atMs: number, survivor?: string): boolean;
  /** Whether a device of the wallet is revoked by its epoch. */
  covers(wallet: string, sighting: Sighting): boolean;
  entries(): IterableIterator<[wallet: string, epoch: Epoch]>;
}

/** How far ahead of the node a certificate may be dated. */
const MAX_AHEAD_MS = 60_000;

/** Makes an empty map of epochs. @param bound how many there may be; without it, any number. */
export function createEpochs(bound: RevocationBound | number = Infinity): Epochs {
  const room = typeof bound === 'number' ? createRevocationBound(bound) : bound;
  const epochs = new Map<string, Epoch>();
  return Object.freeze({
    get size() {
      return epochs.size;
    },
    get: (wallet: string) => epochs.get(wallet),
    merge(wallet: string, atMs: number, survivor?: string) {
      if (!Number.isSafeInteger(atMs)) throw new TypeError('the time of an epoch must be an integer');
      const known = epochs.get(wallet);
      if (known === undefined) room.take();
      const latest = later(known, { atMs, survivor });
      if (latest === known) return false;
      epochs.set(wallet, latest);
      return true;
    },
    covers(wallet: string, sighting: Sighting) {
      const epoch = epochs.get(wallet);
      return epoch !== undefined && isCovered(sighting, epoch);
    },
    entries: () => epochs.entries(),
  });
}

/** The later of two, `known` itself if nothing changes. */
function later(known: Epoch | undefined, next: Epoch): Epoch {
  if (known === undefined || next.atMs > known.atMs) return next;
  const isRival = next.atMs === known.atMs && next.survivor !== known.survivor;
  return isRival && known.survivor !== undefined ? { ...known, survivor: undefined } : known;
}

/** Written so that a time that is no number revokes. */
function isCovered(
  { deviceId, firstSeenMs, certifiedAtMs = NaN, nowMs }: Sighting,
  { atMs, survivor }: Epoch,
): boolean {
  if (deviceId === survivor) return false;
  const isSeenSince = firstSeenMs === undefined || firstSeenMs > atMs;
  const isCertifiedSince = certifiedAtMs > atMs && certifiedAtMs <= nowMs + MAX_AHEAD_MS;
  return !isSeenSince || !isCertifiedSince;
}
