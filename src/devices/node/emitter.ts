import { dropPromise } from '../../options.js';
import type { DeviceEvents } from '../device-registry.js';

type Listener = (event: never) => unknown;

/** Listeners by event, called in their order. What they throw is dropped and counted: they cannot stop what they listen to. */
export class DeviceEmitter {
  readonly #listeners = new Map<string, Set<Listener>>();
  #errors = 0;

  /** How often a listener threw. */
  get errors(): number {
    return this.#errors;
  }

  on<E extends keyof DeviceEvents>(event: E, listener: (event: DeviceEvents[E]) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('on takes the name of an event and a function');
    const all = this.#listeners.get(event) ?? new Set();
    const own: Listener = (facts) => listener(facts); // the same function may listen twice
    this.#listeners.set(event, all.add(own));
    return () => void all.delete(own);
  }

  emit<E extends keyof DeviceEvents>(event: E, facts: DeviceEvents[E]): void {
    const all = this.#listeners.get(event);
    if (all === undefined) return;
    // a copy: one that listens anew as it is called would never let the loop end
    for (const listener of Array.from(all)) {
      if (!all.has(listener)) continue;
      try {
        dropPromise(listener(facts as never));
      } catch {
        this.#errors++;
      }
    }
  }
}
