import { createDeviceRegistry } from '../../../src/devices/create-device-registry.js';
import { deviceMap, type DeviceMap } from '../../../src/devices/device-map.js';
import type { DeviceRegistry } from '../../../src/devices/device-registry.js';
import { insideOf } from '../../../src/devices/inside.js';
import type { LeaseKind } from '../../../src/devices/leases/lease.js';
import type { NodeDevices } from '../../../src/devices/node/node-devices.js';
import type { CleanUp, DeviceStore, Fact, StoreListener } from '../../../src/devices/store.js';
import { isAuthError } from '../../../src/errors.js';
import { walletIdentity, type WalletIdentity } from '../../../src/identity.js';
import type { SimulatedNode } from '../../support/simulated-store.js';
import { deviceById, deviceNamed, type CastDevice, type DeviceName } from './cast.js';
import { EventOrder } from './event-order.js';
import type { ModelWorld } from './model-world.js';

/** Devices are forgotten after so long where they are forgotten soon, in milliseconds. */
export const SOON = { afterMs: 300_000, confirmAfterMs: 60_000, unconfirmedAfterMs: 120_000 };
const GRACE_MS = 10_000;
/** How long a call waits for a clean-up, in milliseconds. */
const LIMIT_MS = 5_000;
/** For so long before, there must have been no fault where a node has to know what the store has, in milliseconds. */
const QUIET_MS = 15_000;
/** How long ago a renewal was written for certain when a node asks for it, in milliseconds. */
const WRITTEN_MS = 5_000;

/** A token: good from the time of its making, for all nodes whose clocks are right. */
export interface ModelToken {
  readonly device: CastDevice;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly certifiedAtMs: number | undefined;
}

interface Stream {
  readonly device: CastDevice;
  readonly kind: LeaseKind;
  release(): void;
}

/** A process with a registry, and what it must know. */
export class ModelNode {
  isAlive = true;
  /** Whether it takes in what the store tells, now. */
  isBeingTold = false;
  readonly number: number;
  readonly link: SimulatedNode;
  /** Devices that it must refuse: it heard of it, or did it itself. With the turn in which it learnt that. */
  readonly refuses = new Map<DeviceName, number>();
  /** Those of them that it knew nothing of when it opened. */
  readonly mustTell = new Set<DeviceName>();
  readonly streams = new Set<Stream>();
  readonly values = new Set<DeviceName>();
  readonly events: EventOrder;
  devices!: DeviceRegistry;
  inside!: NodeDevices;
  map!: DeviceMap<object>;
  readonly #world: ModelWorld;
  readonly #knownById = new Set<DeviceName>();
  readonly #toldById = new Set<DeviceName>();
  readonly #identities = new Map<ModelToken, WalletIdentity>();

  constructor(world: ModelWorld, number: number) {
    this.#world = world;
    this.number = number;
    this.link = world.store.connect();
    this.events = new EventOrder(this, world.ledger);
  }

  get nowMs(): number {
    return this.#world.clock.nowMs + (this.#world.setting.aheadMs[this.number - 1] ?? 0);
  }

  async open(): Promise<void> {
    const { clock, setting, plant } = this.#world;
    const { records, onStoreError, forgetsSoon } = setting;
    const view = this.#heard(this.link);
    this.devices = await createDeviceRegistry({
      store: plant.node?.(view, this.number) ?? view,
      graceMs: GRACE_MS,
      bounds: { records },
      staleness: { onStoreError },
      ...(forgetsSoon && { idle: SOON }),
      ...(this.#world.cleansUp(this.number) && { cleanUp: (device) => this.#cleanUp(device) }),
      now: () => new Date(this.nowMs),
      timers: clock.timersOf(this),
    });
    this.inside = insideOf(this.devices);
    this.events.listen();
    this.map = deviceMap(this.devices, () => ({}), {
      release: (_, { deviceId }) => {
        const { name } = deviceById(deviceId);
        this.values.delete(name);
        if (this.isAlive && !this.events.isGone(name)) this.#fail(`released the value of ${name}, which is not gone`);
      },
    });
  }

  /** Ends the process as kill -9 does. */
  async crash(): Promise<void> {
    this.isAlive = false;
    this.link.isConnected = false;
    await this.link.close();
  }

  /** One call that passed all other checks. @returns whether it was admitted. */
  async call(token: ModelToken): Promise<boolean> {
    const { device } = token;
    if (token.expiresAtMs < this.nowMs) return false; // the verifier refuses it
    const mustRefuse = this.refuses.has(device.name);
    const identity = this.identityOf(token);
    try {
      this.inside.present(identity);
      await this.inside.enter(identity, undefined, false, LIMIT_MS);
    } catch (error) {
      if (this.isAlive) this.#refused(device, error);
      return false;
    }
    if (!this.isAlive) return false;
    this.#world.ledger.present(device.name, token.expiresAtMs);
    const learntInTurn = this.refuses.get(device.name);
    if (mustRefuse || (learntInTurn !== undefined && learntInTurn < this.#world.clock.turn))
      this.#fail(`admitted ${device.name}, which it knows to be revoked`);
    return true;
  }

  async openStream(token: ModelToken, kind: LeaseKind): Promise<void> {
    const { device, expiresAtMs } = token;
    if (!(await this.call(token))) return;
    try {
      const end = (error: { reason: string }): void => {
        this.streams.delete(stream);
        this.#ended(stream, error.reason);
      };
      const identity = this.identityOf(token);
      const release = this.inside.hold({ kind, deviceId: device.id, expiresAtMs, end }, identity);
      const stream: Stream = { device, kind, release };
      this.streams.add(stream);
      if (this.refuses.has(device.name)) this.#fail(`opened a stream of ${device.name}, which it knows to be revoked`);
    } catch (error) {
      this.#refused(device, error);
    }
  }

  closeStreams(device: CastDevice): void {
    for (const stream of this.streams) {
      if (stream.device !== device) continue;
      this.streams.delete(stream);
      stream.release();
    }
  }

  makeValue(device: CastDevice): void {
    if (this.map.get(device.id) !== undefined) this.values.add(device.name);
  }

  /** Each node verifies a token once, and keeps the identity. */
  identityOf(token: ModelToken): WalletIdentity {
    let identity = this.#identities.get(token);
    if (identity === undefined) {
      const { wallet, id: deviceId } = token.device;
      identity = walletIdentity({ ...token, wallet, deviceId, identityKey: new Uint8Array(1) });
      this.#identities.set(token, identity);
    }
    return identity;
  }

  /**
   * It did this itself, or was told.
   * @param isById whether by id, and not with a wallet.
   * @param isTold whether it tells so of a device, unless it did before.
   */
  learns(devices: Iterable<DeviceName>, isById: boolean, isTold: (device: CastDevice) => boolean): void {
    for (const name of devices) {
      const willTell = isTold(deviceNamed(name));
      if (!isById && this.#world.ledger.survivors.has(name)) continue;
      if (!this.refuses.has(name)) this.refuses.set(name, this.#world.clock.turn);
      if (this.inside?.state.isOpen && willTell && !this.#knownById.has(name)) this.mustTell.add(name);
      if (isById || willTell) this.#knownById.add(name);
      if (isById) this.#toldById.add(name);
    }
  }

  /**
   * A wallet is revoked but for this device. Of a wallet the latest such time counts, with its survivor: what an earlier one
   * revoked may go on, unless it is revoked by id.
   */
  hearsOfSurvivor(deviceId: string): void {
    const { name } = deviceById(deviceId);
    if (!this.#knownById.has(name)) this.refuses.delete(name);
    this.#world.ledger.survivors.add(name);
  }

  /** Whether all have to refuse it. */
  isSure({ name }: CastDevice): boolean {
    return this.refuses.has(name) && (!this.#world.ledger.survivors.has(name) || this.#toldById.has(name));
  }

  /** What must hold at any time. */
  check(): void {
    if (!this.isAlive) return;
    for (const { device, kind } of this.streams)
      if (this.refuses.has(device.name)) this.#fail(`has a stream (${kind}) of ${device.name}, which is revoked`);
    for (const name of this.values) {
      const { id } = deviceNamed(name);
      if (!this.map.has(id)) this.#fail(`has lost the value of ${name}`);
      if (this.devices.get(id) === undefined) this.#fail(`has lost the record of ${name}, which has a value`);
    }
  }

  #heard(link: SimulatedNode): DeviceStore {
    const hear = (listener: StoreListener): StoreListener => ({
      revoked: (facts) => {
        for (const fact of facts) this.#told(fact);
        this.isBeingTold = true;
        listener.revoked(facts);
        this.isBeingTold = false;
      },
      purged: (ids) => listener.purged(ids),
      fresh: (state) => listener.fresh(state),
      behind: (facts) => listener.behind(facts),
      missed: () => listener.missed(),
      lost: () => listener.lost(),
      isRevoked: (wallet, device) => listener.isRevoked(wallet, device),
    });
    return new Proxy<DeviceStore>(link, {
      get: (target, name) => {
        if (name === 'open')
          return (...[settings, listener]: Parameters<DeviceStore['open']>) => link.open(settings, hear(listener));
        const part: unknown = Reflect.get(target, name);
        return typeof part === 'function' ? part.bind(target) : part;
      },
    });
  }

  #told(fact: Fact): void {
    const hasRecord = (device: CastDevice) => this.inside?.state.records.get(device.id) !== undefined;
    const isById = !('wallet' in fact);
    if ('wallet' in fact && fact.survivor !== undefined) this.hearsOfSurvivor(fact.survivor);
    this.learns(this.#world.ledger.coverageOf(fact), isById, (device) => 'deviceId' in fact || hasRecord(device));
  }

  #refused(device: CastDevice, error: unknown): void {
    const reason = isAuthError(error) ? error.reason : String(error);
    if (reason === 'DEVICE_REVOKED') {
      if (this.#world.ledger.isUntouched(device)) this.#fail(`refused ${device.name}, which nobody revoked`);
    } else if (reason !== 'AUTH_UNAVAILABLE') this.#fail(`refused ${device.name} with ${reason}`);
  }

  #ended({ device, kind }: Stream, reason: string): void {
    const { clock, ledger, quietSinceMs } = this.#world;
    if (!this.isAlive || kind === 'until-expiry') return;
    if (reason === 'DEVICE_REVOKED' && ledger.isUntouched(device))
      this.#fail(`ended a stream of ${device.name}, which nobody revoked`);
    if (reason !== 'TOKEN_EXPIRED' || this.events.isGone(device.name)) return;
    const newest = ledger.presented.get(device.name);
    if (newest === undefined || ledger.rows.get(device.name) === undefined) return;
    const isWritten = clock.monotonicMs - newest.atMs > WRITTEN_MS && newest.atMs > quietSinceMs;
    if (!isWritten || clock.monotonicMs - quietSinceMs < QUIET_MS || newest.expiresAtMs + GRACE_MS <= this.nowMs)
      return;
    this.#fail(`ended a stream (${kind}) of ${device.name}, which has a newer token`);
  }

  async #cleanUp(device: CleanUp): Promise<void> {
    await this.#world.cleanUp(this, device);
  }

  #fail(what: string): void {
    this.#world.ledger.fail(`node ${this.number} ${what}`);
  }
}
