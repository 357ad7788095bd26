import { quietly } from '../options.js';
import { deviceIdOf, walletOf } from './device-id.js';
import { deviceOf, deviceOfRecord } from './device-of.js';
import type { Device, DeviceEvents, DeviceHealth, DeviceRegistry } from './device-registry.js';
import { setInside } from './inside.js';
import { DeviceEmitter } from './node/emitter.js';
import { NodeDevices } from './node/node-devices.js';
import { NodeState } from './node/node-state.js';
import { registrySettings, type DeviceRegistryOptions, type RegistrySettings } from './options.js';
import { answerOf, deviceRevoked, registryClosed } from './refusals.js';
import { RevocationsFull } from './revocation/revocations.js';
import { Statements, type StatedFact } from './revocation/statements.js';
import { isDeviceLabel } from './service/device-label.js';
import { CleanUps } from './shared/clean-ups.js';
import { Outbox } from './shared/outbox.js';
import { SharedState } from './shared/shared-state.js';
import { watchedStore } from './shared/watched-store.js';
import type { DeviceRow, Fact } from './store.js';

/** How often rows that have been idle for too long are looked for, in milliseconds. */
const PURGE_EVERY_MS = 60_000;
/** Rows that are purged at once. */
const PURGE_BATCH = 1_000;
/** How exact the time is at which a device was seen last, in milliseconds. */
const TICK_MS = 30_000;
/** How long `close` waits for the last renewals to be written, and then for the store to close, in milliseconds. */
const CLOSE_MS = 5_000;

/**
 * Makes the registry of a node's devices, to be given to its gates.
 * @returns a promise that resolves when all revocations are loaded.
 * @throws TypeError if an option is wrong; what the store rejects with.
 * @example
 * import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
 * import { walletAuth } from 'grpc-wallet-auth/grpc';
 *
 * const devices = await createDeviceRegistry();
 * const interceptor = walletAuth({ devices });
 * devices.on('lapsed', ({ deviceId }) => console.log(`${deviceId} is gone`));
 */
export async function createDeviceRegistry(options: DeviceRegistryOptions = {}): Promise<DeviceRegistry> {
  const registry = new Registry(registrySettings(options));
  await registry.open();
  return registry;
}

/** The public face: every call is checked here, decided in the store, and applied to what the node knows. */
class Registry implements DeviceRegistry {
  readonly #node: NodeDevices;
  readonly #state: NodeState;
  readonly #settings: RegistrySettings;
  readonly #emitter = new DeviceEmitter();
  readonly #outbox: Outbox;
  readonly #cleanUps: CleanUps;
  readonly #shared: SharedState;
  /** What ends the timers that come again and again. */
  readonly #timers = new Map<string, () => void>();
  #closing: Promise<void> | undefined;

  constructor(given: RegistrySettings) {
    const { timers, cleanUp } = given;
    const store = watchedStore(given.store, timers, (call) => this.#emitter.emit('store-call', call));
    const settings = (this.#settings = { ...given, store });
    this.#outbox = new Outbox(timers, (batch) => store.renew(batch));
    this.#cleanUps = new CleanUps(store, timers, cleanUp);
    this.#shared = new SharedState(settings, this.#emitter, this.#cleanUps, () => this.#node);
    this.#state = new NodeState(settings, this.#emitter, this.#outbox, this.#shared);
    this.#node = new NodeDevices(this.#state);
    const { networkName } = settings;
    if (networkName !== undefined) {
      const registry = {
        list: (wallet: string) => this.list(wallet),
        revoke: (fact: StatedFact) => this.#revoke(fact),
      };
      this.#node.statements = new Statements(networkName, this.#state, registry);
    }
    setInside(this, this.#node);
  }

  async open(): Promise<void> {
    const { store, idleMs, nowMs } = this.#settings;
    await store.open(this.#settings, this.#shared);
    this.#state.isOpen = true;
    this.#cleanUps.start();
    this.#every('tick', TICK_MS, () => void (this.#node.tickMs = nowMs()));
    this.#every('touch', Math.floor(idleMs / 4), () => this.#touch());
    this.#every('purge', PURGE_EVERY_MS, () => this.#purge());
  }

  get(deviceId: string): Device | undefined {
    const record = this.#state.records.get(deviceId);
    return record && deviceOfRecord(record);
  }

  async list(wallet: string): Promise<readonly Device[]> {
    const address = walletOf(wallet);
    await this.#outbox.flush();
    const rows = await this.#answerOf(() => this.#settings.store.list(address));
    return rows
      .filter((row) => !this.#state.revoked.covers(address, row))
      .map((row) => deviceOf(row, this.#state.records.get(row.deviceId)))
      .toSorted((a, b) => b.firstSeenMs - a.firstSeenMs || (a.deviceId < b.deviceId ? -1 : 1));
  }

  isRevoked(deviceId: string): boolean {
    return this.#state.isRevoked(deviceId);
  }

  async revoke(deviceId: string): Promise<{ readonly changed: boolean }> {
    return this.#revoke({ deviceId: deviceIdOf(deviceId).id });
  }

  async revokeWallet(wallet: string): Promise<{ readonly changed: boolean }> {
    return this.#revokeWallet(walletOf(wallet), undefined);
  }

  async revokeOthers(deviceId: string): Promise<{ readonly changed: boolean }> {
    const { id, wallet } = deviceIdOf(deviceId);
    const rows = await this.#answerOf(() => this.#settings.store.list(wallet));
    const row = rows.find((each) => each.deviceId === id);
    if (this.#state.revoked.covers(wallet, row ?? { deviceId: id })) throw deviceRevoked(id);
    if (row === undefined) throw new TypeError('revokeOthers takes the id of a device that is there');
    return this.#revokeWallet(wallet, row);
  }

  async rename(deviceId: string, label: string): Promise<boolean> {
    const { id } = deviceIdOf(deviceId);
    if (typeof label !== 'string' || !isDeviceLabel(label))
      throw new TypeError('a label has at most 64 characters, and none that controls how text is shown');
    const isThere = await this.#answerOf(() => this.#settings.store.edit(id, { label }));
    const record = this.#state.records.get(id);
    if (isThere && record) record.label = label;
    return isThere;
  }

  async confirm(deviceId: string): Promise<boolean> {
    const { id } = deviceIdOf(deviceId);
    const isThere = await this.#answerOf(() => this.#settings.store.edit(id, { isConfirmed: true }));
    const record = this.#state.records.get(id);
    if (isThere && record) record.isConfirmed = true;
    return isThere;
  }

  async remove(deviceId: string): Promise<boolean> {
    const { id } = deviceIdOf(deviceId);
    this.#outbox.delete(id);
    const record = this.#state.records.get(id);
    const wasThere = await this.#answerOf(() => this.#settings.store.remove(id));
    if (this.#state.records.get(id) === record) this.#node.endings.purge([id]);
    else this.#shared.purged([id]); // it came meanwhile: before, or after
    return wasThere;
  }

  async erase(wallet: string): Promise<number> {
    const address = walletOf(wallet);
    const here = [...this.#state.records.values()].filter((record) => record.wallet === address);
    const ids = await this.#answerOf(() => this.#settings.store.erase(address));
    const gone = new Set([...ids, ...here.map(({ deviceId }) => deviceId)]);
    for (const deviceId of gone) this.#outbox.delete(deviceId);
    this.#node.endings.purge([...gone]);
    return ids.length;
  }

  on<E extends keyof DeviceEvents>(event: E, listener: (event: DeviceEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  health(): DeviceHealth {
    const { admissions, hardCloses, streams } = this.#node;
    const { records, revoked } = this.#state;
    const { freshness, behindBy, reloads, putBack } = this.#shared;
    const { pending, oldestMs } = this.#cleanUps.backlog;
    return {
      records: records.size,
      streams,
      hardCloses,
      revocations: revoked.devices,
      revokedWallets: revoked.wallets,
      listenerErrors: this.#emitter.errors,
      withoutRow: admissions.withoutRow,
      fresh: !freshness.isStale,
      staleMs: freshness.ageMs,
      behind: behindBy,
      pendingCleanUps: pending,
      oldestCleanUpMs: oldestMs,
      reloads,
      putBacks: putBack.count,
      unacknowledged: putBack.unacknowledged,
      provisional: admissions.provisional.count,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #revoke(fact: StatedFact): Promise<{ readonly changed: boolean }> {
    this.#checkOpen();
    if (!this.#state.revoked.canAdd(fact))
      throw new RevocationsFull('bounds.revocations: it is full, and nothing is dropped');
    const answer = this.#settings.store.revoke([fact]);
    this.#node.endings.revoke([fact]); // here at once, whatever the store says
    return this.#acknowledged(answer, () => fact);
  }

  async #revokeWallet(wallet: string, survivor: DeviceRow | undefined): Promise<{ readonly changed: boolean }> {
    this.#checkOpen();
    const before = this.#state.revoked.wallets;
    const answer = this.#settings.store.revokeWallet(wallet, survivor?.deviceId);
    this.#state.confirmedEpochs += this.#state.revoked.wallets - before; // a store that takes its time is not waited for
    return this.#acknowledged(answer, () => this.#state.walletFact(wallet, survivor));
  }

  /**
   * Waits for the store's word about a revocation. Without it, it holds here all the same, and the store is told until it answers.
   * @param factOf what is revoked if the store does not say.
   */
  async #acknowledged<T>(answer: Promise<T>, factOf: () => Fact): Promise<T> {
    try {
      return await answerOf(answer);
    } catch (error) {
      if (!(error instanceof RevocationsFull)) {
        const facts = [factOf()];
        this.#shared.putBack.add(facts);
        this.#node.endings.revoke(facts);
      }
      throw error;
    }
  }

  /** Devices with open streams are not idle. */
  #touch(): void {
    for (const deviceId of this.#state.strays.deviceIds())
      this.#outbox.add({ deviceId, expiresAtMs: 0, issuedAtMs: -Infinity, address: undefined });
    for (const record of this.#state.records.values()) {
      if (record.openStreams === 0) continue;
      const { deviceId, expiresAtMs, address } = record;
      this.#outbox.add({ deviceId, expiresAtMs, issuedAtMs: -Infinity, address });
    }
  }

  async #purge(): Promise<void> {
    await this.#outbox.flush();
    this.#shared.purged(await this.#settings.store.purge(PURGE_BATCH));
  }

  #every(name: string, ms: number, run: () => void | Promise<void>): void {
    const again = () => {
      quietly(run); // the store is away, or the clock is broken: the next time
      if (this.#state.isOpen) this.#every(name, ms, run);
    };
    this.#timers.set(name, this.#settings.timers.after(ms, again));
  }

  #checkOpen(): void {
    if (!this.#state.isOpen) throw registryClosed();
  }

  /** What the store answers. @throws AuthError AUTH_UNAVAILABLE if it is away or closed. */
  #answerOf<T>(ask: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    return answerOf(ask());
  }

  async #close(): Promise<void> {
    const { store } = this.#settings;
    this.#state.isOpen = false;
    for (const cancel of this.#timers.values()) cancel();
    this.#cleanUps.stop();
    await this.#inTime(this.#outbox.flush());
    this.#outbox.stop();
    this.#shared.stop();
    this.#node.admissions.provisional.stop();
    await this.#inTime(store.close());
  }

  /** Waits for the store while the registry closes, but not for ever. */
  async #inTime(answer: Promise<void>): Promise<void> {
    let cancel: (() => void) | undefined;
    const limit = new Promise<void>((resolve) => (cancel = this.#settings.timers.after(CLOSE_MS, resolve)));
    await Promise.race([answer, limit]).finally(() => cancel?.());
  }
}
