import { parseAddress } from '../../crypto/address.js';
import { leadingBits, parseRange, type IpRange } from '../call/cidr.js';
import { IpRanges } from '../call/ip-ranges.js';

/** What is known of a caller that is looked up. */
export interface AccessSubject {
  /** The wallet's address in EIP-55 case. */
  readonly wallet?: string | undefined;
  /** `<wallet>/<32 hex digits>`. */
  readonly deviceId?: string | undefined;
  /** The full IP address. Lists that hold no addresses do not read it. */
  readonly address?: string | undefined;
}

/** A list of callers. `has` is called for every call: it must answer from memory and not throw. */
export interface AccessList {
  /** Whether the list names the wallet, the device or the address. */
  has(subject: AccessSubject): boolean;
  /** How many different entries there are. */
  readonly size: number;
  /** Whether addresses or ranges are among them now; only then does `has` read a caller's address. */
  readonly hasAddresses?: boolean;
}

const DEVICE = /^(0x[0-9a-fA-F]{40})\/([0-9a-fA-F]{32})$/;

/**
 * Makes a list out of wallet addresses, device ids, IP addresses and CIDR ranges in any order. A look-up takes the same time
 * however long the list is: one step, and for addresses one for each length of range that occurs (at most 33, or 129).
 * @throws TypeError naming an entry that is none of them.
 * @example
 * ```ts
 * import { accessList, createGate } from 'grpc-wallet-auth/gate';
 *
 * const partners = accessList(['0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf', '203.0.113.0/24']);
 * const gate = createGate({ access: { priority: partners } });
 * ```
 */
export function accessList(entries: readonly string[]): AccessList {
  return compileList(entries, () => 'accessList');
}

/**
 * `accessList` for a list that has another name.
 * @param nameOf what errors call the list at an entry's place.
 * @throws TypeError beginning with that name.
 */
export function compileList(entries: readonly string[], nameOf: (index: number) => string): AccessList {
  if (!Array.isArray(entries)) {
    throw new TypeError(`${nameOf(0)} must be a list of wallets, devices, addresses or CIDR ranges`);
  }
  const list = new EntryList();
  for (const [index, entry] of entries.entries()) list.add(readEntry(entry, () => nameOf(index)));
  return list;
}

/**
 * Finds an entry that two lists share, in whatever form. A range inside a wider one is not the same entry.
 * @returns the entry as it stands in the second list.
 */
export function sharedEntry(some: readonly string[], others: readonly string[]): string | undefined {
  const keys = new Set(some.map((entry) => entryKey(readEntry(entry, () => 'entry'))));
  return others.find((entry) => keys.has(entryKey(readEntry(entry, () => 'entry'))));
}

/** A wallet or device in its one standard form, or a range. */
export type Entry = string | IpRange;

/**
 * Reads an entry.
 * @param name what errors call the list at the entry's place.
 * @throws TypeError beginning with that name.
 */
export function readEntry(entry: unknown, name: () => string): Entry {
  const text = typeof entry === 'string' ? entry : '';
  const [, owner, key] = DEVICE.exec(text) ?? [];
  const wallet = parseAddress(owner ?? text);
  if (wallet !== undefined) return key === undefined ? wallet : `${wallet}/${key.toLowerCase()}`;
  const range = parseRange(text);
  if (range !== undefined) return range;
  throw new TypeError(`${name()}: ${JSON.stringify(entry)} is no wallet address, device id, IP address or CIDR range`);
}

/** The same text for entries that name the same wallet, device or range. */
export function entryKey(entry: Entry): string {
  if (typeof entry === 'string') return entry;
  return `${typeof entry.bits} ${leadingBits(entry.bits, entry.length)}/${entry.length}`;
}

/** A list to which entries are added. */
export class EntryList implements AccessList {
  readonly #names = new Set<string>();
  readonly #ranges = new IpRanges();

  get size(): number {
    return this.#names.size + this.#ranges.size;
  }

  get hasAddresses(): boolean {
    return this.#ranges.size > 0;
  }

  /** Adds an entry; one that is there already counts once. */
  add(entry: Entry): void {
    if (typeof entry === 'string') this.#names.add(entry);
    else this.#ranges.add(entry);
  }

  has(subject: AccessSubject): boolean {
    const { wallet, deviceId } = subject;
    if (wallet !== undefined && this.#names.has(wallet)) return true;
    if (deviceId !== undefined && this.#names.has(deviceId)) return true;
    return this.#ranges.size > 0 && this.#ranges.has(subject.address ?? '');
  }
}
