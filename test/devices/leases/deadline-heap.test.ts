import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DeadlineHeap } from '../../../src/devices/leases/deadline-heap.js';

/** Everything in the heap, as it comes out. */
function drained(heap: DeadlineHeap<number>): number[] {
  const out: number[] = [];
  while (heap.size > 0) {
    expect(heap.nextMs).toBe(out.length === 0 ? heap.nextMs : Math.max(heap.nextMs, out.at(-1)!));
    out.push(heap.pop()!.atMs);
  }
  return out;
}

describe('a heap of deadlines', () => {
  it('gives what is in it in order of time, whatever came and went', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(1_000), fc.constant('pop' as const))), (steps) => {
        const heap = new DeadlineHeap<number>();
        let model: number[] = [];
        for (const step of steps) {
          if (step === 'pop') {
            model.sort((a, b) => a - b);
            expect(heap.pop()?.atMs).toBe(model.shift());
          } else {
            heap.push(step, step);
            model = [...model, step];
          }
          expect(heap.nextMs).toBe(Math.min(Infinity, ...model));
        }
        expect(drained(heap)).toEqual(model.toSorted((a, b) => a - b));
      }),
    );
  });

  it('is empty at first: nothing is due', () => {
    const heap = new DeadlineHeap<number>();
    expect([heap.size, heap.nextMs, heap.pop()]).toEqual([0, Infinity, undefined]);
  });

  it('keeps what passes a filter', () => {
    const heap = new DeadlineHeap<number>();
    for (const at of [5, 3, 9, 1, 7]) heap.push(at, at);
    heap.filter((atMs) => atMs > 3);
    expect(drained(heap)).toEqual([5, 7, 9]);
  });
});
