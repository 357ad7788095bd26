import type { Bench } from './bench.js';

/** One thing that a store has to do. */
export interface StoreCase {
  /** What it does, as a sentence about the store. */
  readonly name: string;
  /** What the store has to be able to do: `shared` by nodes, `loss` of its data, a `clock` that can be set. */
  readonly needs?: 'shared' | 'loss' | 'clock';
  readonly run: (bench: Bench) => Promise<void>;
}
