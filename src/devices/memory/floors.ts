/** Floors there are: wallets share them, so that they take 32 KiB however many wallets come and go. */
const FLOORS = 4096;

/**
 * Times that the next row of a wallet has to be later than, whatever the clock says. One for all wallets would run ahead of the
 * clock if anybody made and ended rows fast enough; so that moves only the wallet's own, and those of few others by chance.
 */
export class Floors {
  /** Chooses which wallets share one: random, so that nobody can choose whose a wallet shares. */
  readonly seed: number;
  readonly #times = new Float64Array(FLOORS).fill(-Infinity);

  /** @param seed that of the floors that are kept elsewhere. */
  constructor(seed = Math.floor(Math.random() * 2 ** 32)) {
    this.seed = seed;
  }

  /** Milliseconds since the Unix epoch; `-Infinity` if there is none. */
  of(wallet: string): number {
    return this.#times[this.placeOf(wallet)] ?? -Infinity;
  }

  /** A time that is not later than the floor changes nothing. */
  raise(wallet: string, timeMs: number): void {
    this.raiseAt(this.placeOf(wallet), timeMs);
  }

  /** The same by the place of a wallet's floor. */
  raiseAt(place: number, timeMs: number): void {
    this.#times[place] = Math.max(this.#times[place] ?? -Infinity, timeMs);
  }

  /** 0 to 4095. FNV-1a; its top bits, as they depend on all that went in. */
  placeOf(wallet: string): number {
    let hash = this.seed;
    for (let i = 0; i < wallet.length; i++) hash = Math.imul(hash ^ wallet.charCodeAt(i), 0x01000193);
    return Math.imul(hash, 0x9e3779b1) >>> 20;
  }
}
