import { refusal } from '../../errors.js';
import type { Device } from '../device-registry.js';
import type { NodeState } from '../node/node-state.js';
import type { Fact } from '../store.js';
import { RevocationsFull } from './revocations.js';

/** What a wallet has signed. */
export interface Statement {
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  /** A device of it, or until when all of them are revoked, in milliseconds since the Unix epoch. */
  readonly scope: { readonly deviceId: string } | { readonly untilMs: number };
}

/** What is kept of it. */
export type StatedFact = Exclude<Fact, { readonly key: Uint8Array }>;

/** What statements of wallets need of their registry. */
export interface StatementRegistry {
  /** All devices of a wallet. */
  list(wallet: string): Promise<readonly Device[]>;
  /** Revokes: here before it returns, and resolves when the store has acknowledged it. @throws RevocationsFull */
  revoke(fact: StatedFact): Promise<{ readonly changed: boolean }>;
}

/** Single devices that one wallet may revoke by statements, seen or not. */
const MAX_DEVICES = 1_000;
/** Wallets whose devices are counted; the one that was quiet longest makes room. */
const MAX_COUNTED = 10_000;
/** The share of all revocations that wallets without a confirmed device may fill. */
const SHARE = 10;

/** The bound on statements about single devices: this one is refused, one about all devices is not. */
export class OnlyAllDevices extends Error {
  override readonly name = 'OnlyAllDevices';
}

/**
 * Keeps what wallets have signed, within bounds: ids can be made up, and wallets cost nothing. A statement that adds nothing is
 * never refused.
 */
export class Statements {
  readonly networkName: string;
  readonly #node: NodeState;
  readonly #registry: StatementRegistry;
  /** How many devices each wallet revoked by statements to this process. */
  readonly #devices = new Map<string, number>();

  constructor(networkName: string, node: NodeState, registry: StatementRegistry) {
    this.networkName = networkName;
    this.#node = node;
    this.#registry = registry;
  }

  get nowMs(): number {
    return this.#node.settings.nowMs();
  }

  /**
   * Keeps a statement whose signature is right.
   * @returns whether it is news.
   * @throws OnlyAllDevices; AuthError RATE_LIMITED if there is no room, AUTH_UNAVAILABLE if the store does not answer.
   */
  async keep({ wallet, scope }: Statement): Promise<{ readonly changed: boolean }> {
    const { revoked } = this.#node;
    const addsNothing = 'deviceId' in scope ? revoked.has(scope.deviceId) : revoked.hasEpoch(wallet);
    const isConfirmed = addsNothing || (await this.#hasConfirmed(wallet));
    try {
      if ('deviceId' in scope) return await this.#keepDevice(wallet, scope.deviceId, isConfirmed);
      return await this.#keepAll(wallet, scope.untilMs, isConfirmed);
    } catch (error) {
      if (error instanceof RevocationsFull) throw refusal('RATE_LIMITED', { cause: error });
      throw error;
    }
  }

  #keepDevice(wallet: string, deviceId: string, isConfirmed: boolean): Promise<{ readonly changed: boolean }> {
    const fact = { deviceId };
    if (this.#node.revoked.has(deviceId)) return this.#registry.revoke(fact);
    if (!isConfirmed) throw new OnlyAllDevices('a wallet without a confirmed device can only revoke all devices');
    const count = this.#devices.get(wallet) ?? 0;
    if (count >= MAX_DEVICES)
      throw new OnlyAllDevices(`a wallet that revoked ${MAX_DEVICES} devices can only revoke all`);
    const answer = this.#registry.revoke(fact);
    if (this.#node.revoked.has(deviceId)) this.#count(wallet, count + 1);
    return answer;
  }

  #keepAll(wallet: string, atMs: number, isConfirmed: boolean): Promise<{ readonly changed: boolean }> {
    const { revoked, settings } = this.#node;
    const fact = { wallet, atMs, survivor: undefined };
    if (revoked.hasEpoch(wallet)) return this.#registry.revoke(fact); // takes no room; it may be news since the look-up
    const isFull = revoked.wallets - this.#node.confirmedEpochs >= Math.floor(settings.revocations / SHARE);
    if (!isConfirmed && isFull)
      throw new RevocationsFull('the share of bounds.revocations for wallets without a confirmed device is full');
    const before = revoked.wallets;
    const answer = this.#registry.revoke(fact);
    if (isConfirmed) this.#node.confirmedEpochs += revoked.wallets - before;
    return answer;
  }

  async #hasConfirmed(wallet: string): Promise<boolean> {
    return (await this.#registry.list(wallet)).some((device) => device.isConfirmed);
  }

  #count(wallet: string, devices: number): void {
    this.#devices.delete(wallet); // so that it stands last
    this.#devices.set(wallet, devices);
    if (this.#devices.size <= MAX_COUNTED) return;
    const [quietest] = this.#devices.keys();
    if (quietest !== undefined) this.#devices.delete(quietest);
  }
}
