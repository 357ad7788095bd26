import { ipOf, leadingBits, type IpBits, type IpRange } from './cidr.js';

/** Sets of leading bits, by their length. */
type ByLength = Map<number, Set<IpBits>>;

/** A set of addresses and CIDR ranges, with one look-up for each length that occurs. */
export class IpRanges {
  readonly #ipv4: ByLength = new Map();
  readonly #ipv6: ByLength = new Map();
  #size = 0;

  /** How many different ranges there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a range; one that is there already counts once. */
  add({ bits, length }: IpRange): void {
    const lengths = this.#familyOf(bits);
    const ranges = lengths.get(length) ?? new Set();
    const before = ranges.size;
    lengths.set(length, ranges.add(leadingBits(bits, length)));
    this.#size += ranges.size - before;
  }

  /** Whether an address lies in one of them; what is no address does not. */
  has(address: string): boolean {
    const ip = ipOf(address);
    return ip !== undefined && this.hasBits(ip.bits);
  }

  /** The same for an address that was read. */
  hasBits(bits: IpBits): boolean {
    for (const [length, ranges] of this.#familyOf(bits)) if (ranges.has(leadingBits(bits, length))) return true;
    return false;
  }

  #familyOf(bits: IpBits): ByLength {
    return typeof bits === 'number' ? this.#ipv4 : this.#ipv6;
  }
}
