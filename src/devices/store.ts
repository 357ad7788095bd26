/** What a store keeps of a device. All times are milliseconds since the Unix epoch. */
export interface DeviceRow {
  readonly deviceId: string;
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  /** When its row was made, by the store's clock. */
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
  /** Its row as it is now, and whether this very call made it. */
  | { readonly row: DeviceRow; readonly isNew: boolean }
  /** It, or all that its wallet had when it was first seen, is revoked. */
  | 'revoked'
  /** Its wallet has as many devices as it may have. */
  | 'limit'
  /** There is no room for new devices. */
  | 'full';

/** What may be said of a device anew: a newer token, or only that it is still there. */
export interface Renewal {
  readonly deviceId: string;
  readonly expiresAtMs: number;
  readonly issuedAtMs: number;
  readonly address: string | undefined;
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
}

/** What a store tells a node; facts may come more than once. */
export interface StoreListener {
  /** Devices are revoked, by id. */
  revoked(deviceIds: readonly string[]): void;
  /** All that a wallet had until then is revoked, but one. */
  walletRevoked(wallet: string, atMs: number, survivor: string | undefined): void;
  /** Rows are gone. */
  purged(deviceIds: readonly string[]): void;
}

/** Where the devices of a registry are kept. Every answer comes as a promise; a rejection means that the store is away. */
export interface DeviceStore {
  /** Called once, first. Resolves when all revocations were told. */
  open(settings: StoreSettings, listener: StoreListener): Promise<void>;
  /** A device came to a node that has no record of it. Decided atomically. */
  enter(sighting: Sighting): Promise<Entered>;
  /** Updates rows that are there: the newest end wins. */
  renew(renewals: readonly Renewal[]): Promise<void>;
  /** The rows of a wallet, in any order. */
  list(wallet: string): Promise<readonly DeviceRow[]>;
  /** Revokes by id, whether there is a row or not. @returns whether that is new. */
  revoke(deviceId: string): Promise<{ readonly changed: boolean }>;
  /**
   * Revokes all that a wallet has now, but one; and by id every row of it whose certificate is dated later than now.
   * @returns whether that is new.
   */
  revokeWallet(wallet: string, survivor: string | undefined): Promise<{ readonly changed: boolean }>;
  /** Changes a row. @returns whether there is one. */
  edit(deviceId: string, change: { readonly label?: string; readonly isConfirmed?: true }): Promise<boolean>;
  /** Takes a row away. @returns whether there was one. */
  remove(deviceId: string): Promise<boolean>;
  /** Takes away rows that have been idle for too long, so many at most. Decided by the rows alone. */
  purge(most: number): Promise<readonly string[]>;
  /** Lets go of what it holds. */
  close(): Promise<void>;
}
