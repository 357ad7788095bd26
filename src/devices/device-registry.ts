/// <reference lib="esnext.disposable" preserve="true" />
import type { WalletIdentity } from '../identity.js';
import type { LeasedStream } from './leases/lease.js';
import type { StoreCall } from './shared/watched-store.js';

/** A device as the registry knows it. */
export interface Device {
  /** `<wallet>/<32 hex digits>`. */
  readonly deviceId: string;
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  /** What its owner calls it; empty at first. */
  readonly label: string;
  /** When its first call was admitted, by the store's clock; milliseconds since the Unix epoch, as all times here. */
  readonly firstSeenMs: number;
  /** When it was seen last, as far as the store knows: within a minute or so. */
  readonly lastSeenMs: number;
  /** When its newest token ends. */
  readonly expiresAtMs: number;
  /** When the wallet signed its certificate; `undefined` if the certificate does not tell. */
  readonly certifiedAtMs: number | undefined;
  /** Whether it is more than a wallet that anybody made a moment ago. */
  readonly isConfirmed: boolean;
  /** The address of its last call; only with the option `keepAddress`. */
  readonly lastAddress: string | undefined;
  /** How many streams it has open on this node. */
  readonly openStreams: number;
}

/** What an event tells. */
export interface DeviceEvent {
  readonly deviceId: string;
  readonly wallet: string;
}

/** The events by name. Each device's come in order, and each transition at most once. */
export interface DeviceEvents {
  /** The first call of the device that was ever admitted. */
  readonly 'first-seen': DeviceEvent;
  /** A newer token was presented while the older was good. */
  readonly renewed: DeviceEvent;
  /** The newest token ended, and within the grace period no newer one came. */
  readonly lapsed: DeviceEvent;
  /** It lapsed, and is back. */
  readonly returned: DeviceEvent;
  /** It may not call any more, for ever. The last event. */
  readonly revoked: { readonly deviceId: string };
  /** It was idle for too long, or removed. The last event, unless it comes back as `first-seen`. */
  readonly purged: DeviceEvent;
  /** A device was admitted that the store had no room for: nothing is kept of it. */
  readonly 'without-row': DeviceEvent;
  /** All devices of a wallet that it had until then are revoked. */
  readonly 'wallet-revoked': { readonly wallet: string; readonly atMs: number };
  /** A device was admitted while the store did not answer. It is entered, and `first-seen` if it is new, when it does. */
  readonly provisional: DeviceEvent;
  /** What this node knows to be revoked is older than `staleness.maxMs`. */
  readonly stale: { readonly staleMs: number };
  /** It is not any more. */
  readonly fresh: { readonly staleMs: number };
  /** The store has answered, or failed. */
  readonly 'store-call': StoreCall;
}

/** How the registry is. */
export interface DeviceHealth {
  /** Devices with a record on this node. */
  readonly records: number;
  /** Streams on leases. */
  readonly streams: number;
  /** Streams that were ended and closed hard 5 seconds later, because their callers read nothing. */
  readonly hardCloses: number;
  /** Devices that are revoked by id. */
  readonly revocations: number;
  /** Wallets whose earlier devices are all revoked. */
  readonly revokedWallets: number;
  /** Errors that listeners threw. */
  readonly listenerErrors: number;
  /** Calls that were admitted without a row because the store was full. */
  readonly withoutRow: number;
  /** Whether what this node knows to be revoked is not older than `staleness.maxMs`. */
  readonly fresh: boolean;
  /** How old it is, in milliseconds; 0 with a store that nodes do not share. */
  readonly staleMs: number;
  /** How many revocations and purges the store has that this node has not heard yet. */
  readonly behind: number;
  /** Clean-ups that are not done. */
  readonly pendingCleanUps: number;
  /** For how long the oldest has been waiting, in milliseconds. */
  readonly oldestCleanUpMs: number;
  /** How often the store was read again because something was missed or lost. */
  readonly reloads: number;
  /** Revocations that this node put back into a store that had lost them. */
  readonly putBacks: number;
  /** Revocations that the store has not acknowledged yet. */
  readonly unacknowledged: number;
  /** Devices that were admitted while the store did not answer. */
  readonly provisional: number;
}

/** Who is here: devices, their streams and revocations. */
export interface DeviceRegistry {
  /** The device, if this node has its record and it is not revoked. */
  get(deviceId: string): Device | undefined;
  /** All devices of a wallet, those without a record here too, the newest first. */
  list(wallet: string): Promise<readonly Device[]>;
  /** Whether the device is revoked, as far as this node knows. Synchronous, from memory. */
  isRevoked(deviceId: string): boolean;
  /**
   * Revokes a device for ever. If the store does not acknowledge it, it holds here at once all the same and the store is told
   * until it does.
   * @returns whether it was not revoked before. @throws TypeError if this is no device id, AuthError AUTH_UNAVAILABLE
   */
  revoke(deviceId: string): Promise<{ readonly changed: boolean }>;
  /** Revokes all devices that a wallet has until now. @throws TypeError if this is no address. */
  revokeWallet(wallet: string): Promise<{ readonly changed: boolean }>;
  /** Revokes all other devices of its wallet. @throws AuthError DEVICE_REVOKED, TypeError if the device is unknown. */
  revokeOthers(deviceId: string): Promise<{ readonly changed: boolean }>;
  /** Names a device. @returns whether there is one. @throws TypeError if the label is longer than 64 characters or has control characters. */
  rename(deviceId: string, label: string): Promise<boolean>;
  /** Says that a device matters, so that it is kept like any other. @returns whether there is one. */
  confirm(deviceId: string): Promise<boolean>;
  /** Forgets a device now, without revoking it. Its streams end with TOKEN_EXPIRED. @returns whether there was one. */
  remove(deviceId: string): Promise<boolean>;
  /**
   * Forgets all devices of a wallet, with their labels and addresses, as `remove` does. Nothing is revoked by it, and what is
   * revoked stays so: of devices a hash stays, of `revokeWallet` its facts. @returns how many devices there were.
   * @throws TypeError if this is no address.
   */
  erase(wallet: string): Promise<number>;
  /** Listens. Listeners run synchronously; what they throw is dropped and counted. @returns what ends that. */
  on<E extends keyof DeviceEvents>(event: E, listener: (event: DeviceEvents[E]) => void): () => void;
  health(): DeviceHealth;
  /**
   * Writes what is not written yet and closes the store, waiting five seconds at most for each; running streams stay. Later
   * calls need another registry.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a gate needs of a registry, beside its public face. */
export interface DevicesOfGate {
  readonly graceMs: number;
  /** Whether `enter` wants the address of the call. */
  readonly keepsAddress: boolean;
  /** A good token was presented: its end counts from now on. @throws AuthError DEVICE_REVOKED, AUTH_UNAVAILABLE */
  present(identity: WalletIdentity): void;
  /**
   * A call passed all other checks.
   * @param isExempt whether a device that is one too many may make this call.
   * @param limitMs how long it may wait for a clean-up, in milliseconds.
   * @returns a promise only for a device without a record here.
   * @throws AuthError DEVICE_REVOKED, DEVICE_LIMIT, AUTH_UNAVAILABLE
   */
  enter(
    identity: WalletIdentity,
    address: string | undefined,
    isExempt: boolean,
    limitMs: number,
  ): Promise<void> | undefined;
  /** Puts a stream of a caller on a lease. @returns what takes it off again. @throws AuthError DEVICE_REVOKED */
  hold(stream: LeasedStream, identity: WalletIdentity): () => void;
  /** Compares the longest life of a token with other nodes'. @returns what another said last, if that differs. Never rejects. */
  agree(maxAgeMs: number): Promise<number | undefined>;
  /** Counts a stream that was closed hard. */
  countHardClose(): void;
}
