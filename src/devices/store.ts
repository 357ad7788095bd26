/** What a store keeps of a device. All times are milliseconds since the Unix epoch. */
export interface DeviceRow {
  readonly deviceId: string;
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  /**
   * When its row was made, by the store's clock: its incarnation. A row that is made after another of the same device was taken
   * away has a later one, whatever the clock says.
   */
  readonly firstSeenMs: number;
  /** When it was seen last, by the store's clock. */
  readonly seenMs: number;
  /** When the first token was made that the store saw of it. */
  readonly firstIssuedMs: number;
  /** When its newest token ends. */
  readonly expiresAtMs: number;
  /** When its wallet certified it; `undefined` if the certificate does not tell. */
  readonly certifiedAtMs: number | undefined;
  readonly isConfirmed: boolean;
  readonly label: string;
  readonly address: string | undefined;
}

/** A row that a store has lost. */
export interface LostRow extends DeviceRow {
  /** Why it has ended, if it has. */
  readonly ended?: CleanUp['cause'] | undefined;
}

/** A token of a device that was presented. */
export interface Sighting {
  readonly deviceId: string;
  readonly wallet: string;
  readonly certifiedAtMs: number | undefined;
  /** When the token was made. */
  readonly issuedAtMs: number;
  /** When it ends. */
  readonly expiresAtMs: number;
  /** Where the call came from; only if addresses are kept. */
  readonly address: string | undefined;
}

/** What became of a device that came to a node. */
export type Entered =
  /** Its row as it was before this token, or as this very call made it. */
  | { readonly row: DeviceRow; readonly isNew: boolean }
  /** It, or all that its wallet had when it was first seen, is revoked. */
  | 'revoked'
  /** Its wallet has as many devices as it may have. */
  | 'limit'
  /** There is no room for new devices. */
  | 'full'
  /** What its last incarnation left is not cleaned up yet. */
  | 'cleaning';

/** What may be said of a device anew: a newer token, or only that it is still there. */
export interface Renewal {
  readonly deviceId: string;
  readonly expiresAtMs: number;
  /** When the token was made; `-Infinity` if there is none. */
  readonly issuedAtMs: number;
  readonly address: string | undefined;
}

/** Something that is revoked, for ever. Facts are a set that only grows, so their order and how often they come do not matter. */
export type Fact =
  /** A device, whether it has a row or not. */
  | { readonly deviceId: string }
  /** The same by `revocationKey`, 16 bytes of SHA-256 of its id, where the id is not known any more. */
  | { readonly key: Uint8Array }
  /**
   * What a wallet had until a time, but one device. The latest time counts; two that are equally late and name different
   * survivors leave none.
   */
  | { readonly wallet: string; readonly atMs: number; readonly survivor: string | undefined };

/** A device whose state is to be cleaned up. */
export interface CleanUp {
  readonly deviceId: string;
  readonly wallet: string;
  /** First-seen of the row that ends, by the store's clock: it grows from one life of a device to the next. */
  readonly incarnation: number;
  readonly cause: 'revoked' | 'purged';
}

/** A clean-up that this node has claimed. */
export interface Claim extends CleanUp {
  /** How often it was claimed, this time included. */
  readonly attempt: number;
  /** Tells this claim from others of the same device. */
  readonly token: string;
}

/** Clean-ups that are not done. */
export interface Backlog {
  readonly pending: number;
  /** For how long the oldest has been waiting, in milliseconds; 0 if none is. */
  readonly oldestMs: number;
}

/** How a store keeps devices. */
export interface StoreSettings {
  /** The node's clock, milliseconds since the Unix epoch; a store with a clock of its own does not use it. */
  readonly nowMs: () => number;
  /** A row is purged when its token has ended and it was not seen for so long, in milliseconds. */
  readonly idleMs: number;
  /** An unconfirmed row is purged so long after its token ended, in milliseconds. */
  readonly unconfirmedMs: number;
  /** A row is confirmed by a token that was made so long after the first, in milliseconds. */
  readonly confirmAfterMs: number;
  /** How many devices a wallet may have; `Infinity` for any number. */
  readonly devicesPerWallet: number;
  /** How many rows there may be. */
  readonly devices: number;
  /**
   * Whether this node cleans up. From the first such node on, a row that ends is kept until its clean-up is finished: also where
   * a node without clean-up ends it.
   */
  readonly cleansUp: boolean;
  /** How long `open` may take, in milliseconds. */
  readonly openTimeoutMs: number;
}

/** What a store tells a node; anything may come more than once. */
export interface StoreListener {
  /** These are revoked. @throws RevocationsFull if the node has no room for them. */
  revoked(facts: readonly Fact[]): void;
  /** Rows are gone, or are being cleaned up; of a store that nodes share it may be old news of a device that is back. */
  purged(deviceIds: readonly string[]): void;
  /** By now everything was told that the store had when it was asked, so long ago; only of a store that nodes share. */
  fresh(state: { readonly agoMs: number; readonly backlog: Backlog }): void;
  /** So many facts are known to be missing here. */
  behind(facts: number): void;
  /** Purges may have been missed: rows of this node's devices have to be looked at. */
  missed(): void;
  /** The store has lost what it had, some or all. What it still has is told next, then `fresh`. */
  lost(): void;
  /** Whether a device is revoked as far as the node knows, for stores that keep no revocations themselves. */
  isRevoked(wallet: string, device: Pick<DeviceRow, 'deviceId' | 'firstSeenMs' | 'certifiedAtMs'>): boolean;
}

/**
 * Where the devices of a registry are kept, for one node or for many. Every answer comes as a promise; a rejection means that
 * the store is away, and that it is not known whether anything happened. A store that is reached over a network has to bring a
 * time limit for each answer.
 *
 * Times are those of the store's clock. No two rows of one device, one after the other, have the same `firstSeenMs`, and no row
 * that is made after `revokeWallet` is as early as the time that this chose.
 */
export interface DeviceStore {
  /** Whether other nodes use it too. Then it calls `fresh`, and a node asks it before a device lapses. Default `false`. */
  readonly isShared?: boolean | undefined;
  /** Called once, first. Resolves when all revocations were told. */
  open(settings: StoreSettings, listener: StoreListener): Promise<void>;
  /**
   * A device came to a node that has no record of it. Decided atomically; what is revoked is refused before all else. Where there
   * are `devices` rows, the unconfirmed one whose token ended first makes room, if it has ended. A node that had no answer when its
   * question made a row is answered that the device is new when it asks again.
   */
  enter(sighting: Sighting): Promise<Entered>;
  /** Updates rows that are there: the newest end wins. */
  renew(renewals: readonly Renewal[]): Promise<void>;
  /** The rows of devices, in their order; `undefined` for one that has none, or whose row has ended. */
  read(deviceIds: readonly string[]): Promise<readonly (DeviceRow | undefined)[]>;
  /** The rows of a wallet that have not ended, in any order. */
  list(wallet: string): Promise<readonly DeviceRow[]>;
  /**
   * Adds facts; those that are known change nothing. The rows of devices that are revoked end. Of a wallet's fact that is
   * news, rows that were made until its time and whose certificate is dated later are revoked by id as well. Its node is told
   * what is news before it resolves; so with `revokeWallet`.
   * @returns whether any is news; the key of a device that is known by its id may count as such. @throws RevocationsFull if there
   *   is no room.
   */
  revoke(facts: readonly Fact[]): Promise<{ readonly changed: boolean }>;
  /**
   * Revokes all that a wallet has now, but one. A survivor that is revoked already, or has no row, does not survive.
   * @returns whether that is new. @throws RevocationsFull if there is no room.
   */
  revokeWallet(wallet: string, survivor: string | undefined): Promise<{ readonly changed: boolean }>;
  /**
   * Makes rows anew that it has lost, as they were; devices that have one, or whose last is being cleaned up, keep that. Those that
   * have ended, and those of revoked devices, are made as rows that have ended: their clean-ups are claimed. One that has ended
   * and is there, with the same `firstSeenMs`, ends. All nodes are told of those that were purged.
   */
  restore(rows: readonly LostRow[]): Promise<void>;
  /** Changes a row. @returns whether there is one. */
  edit(deviceId: string, change: { readonly label?: string; readonly isConfirmed?: true }): Promise<boolean>;
  /** Ends a row. @returns whether there was one. */
  remove(deviceId: string): Promise<boolean>;
  /**
   * Ends the rows of a wallet and forgets what they said: labels and addresses at once, ids when they are cleaned up. What is revoked
   * stays, devices by `revocationKey` alone. @returns the ids of the rows.
   */
  erase(wallet: string): Promise<readonly string[]>;
  /** Ends rows that have been idle for too long, so many at most. Decided by the rows alone. */
  purge(most: number): Promise<readonly string[]>;
  /** Claims clean-ups, so many at most, until so many milliseconds from now. Nobody else gets them before. */
  claim(most: number, leaseMs: number): Promise<readonly Claim[]>;
  /**
   * Nobody gets it before so many milliseconds from now; the claim stays good until somebody does. So a lease is renewed, and a
   * clean-up that failed waits.
   * @returns whether the claim was still good.
   */
  defer(claim: Claim, delayMs: number): Promise<boolean>;
  /** It is done: the row goes, and its device may come back. @returns whether the claim was still good. */
  finish(claim: Claim): Promise<boolean>;
  /** Clean-ups that wait or run. */
  backlog(): Promise<Backlog>;
  /** Tells the longest life of a token on this node. @returns what another node said last, if that differs. */
  agree?(maxAgeMs: number): Promise<number | undefined>;
  /** Lets go of what it holds. */
  close(): Promise<void>;
}
