import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createFairQueue, type FairQueue } from '../../../src/gate/queue/fair-queue.js';

function drain<T>(queue: FairQueue<T>): T[] {
  const items: T[] = [];
  while (queue.size > 0) items.push(queue.next()!);
  return items;
}

/** A full queue of items such as `a1`, whose letter is their address. */
function queueOf(maxSize: number, ...items: readonly string[]): FairQueue<string> {
  const queue = createFairQueue<string>(maxSize);
  for (const item of items) queue.add(item.slice(0, 1), item);
  return queue;
}

describe('a fair queue', () => {
  it('serves addresses in turns, and the items of one in their order', () => {
    const queue = queueOf(10, 'a1', 'a2', 'a3', 'b1', 'b2', 'c1');
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('has nothing when it is empty, and begins again', () => {
    const queue = queueOf(1, 'a1');
    expect([queue.next(), queue.next(), queue.size]).toEqual(['a1', undefined, 0]);
    queue.add('b', 'b1');
    expect(drain(queue)).toEqual(['b1']);
  });

  it('gives an address that comes back its turn after all others', () => {
    const queue = queueOf(10, 'a1', 'b1', 'c1');
    expect(queue.next()).toBe('a1');
    queue.add('a', 'a2');
    expect(drain(queue)).toEqual(['b1', 'c1', 'a2']);
  });

  it('when full, has the newest of the address with the most leave for one with fewer', () => {
    const queue = queueOf(4, 'a1', 'a2', 'a3', 'b1');
    expect(queue.add('b', 'b2')).toBe('a3');
    expect(queue.add('b', 'b3')).toBe('b3'); // or it would have more than the other
    expect(queue.add('c', 'c1')).toBe('a2');
    expect([queue.size, ...drain(queue)]).toEqual([4, 'a1', 'b1', 'c1', 'b2']);
  });

  it('when full, has no room for the address that has the most, nor for one more address if each has one', () => {
    expect(queueOf(3, 'a1', 'a2', 'b1').add('a', 'a3')).toBe('a3');
    expect(queueOf(3, 'a1', 'b1', 'c1').add('d', 'd1')).toBe('d1');
    expect(queueOf(1, 'a1').add('b', 'b1')).toBe('b1');
  });

  it('cannot be filled by one address: another one has room for half of it', () => {
    const queue = queueOf(100, ...Array.from({ length: 150 }, (_, i) => `a${i}`));
    const left = Array.from({ length: 51 }, (_, i) => queue.add('b', `b${i}`));
    expect(left.slice(0, 50).every((item) => item?.startsWith('a'))).toBe(true);
    expect(left[50]).toBe('b50');
    expect(queue.size).toBe(100);
  });
});

/** The same, written as plainly as possible. */
function modelOf(maxSize: number) {
  let waiting: { readonly address: string; readonly item: number }[] = [];
  let turns: string[] = [];
  const countOf = (address: string) => waiting.filter((each) => each.address === address).length;
  const most = () => Math.max(0, ...turns.map(countOf));
  const remove = (gone: { readonly item: number } | undefined) => {
    waiting = waiting.filter((each) => each !== gone);
    return gone?.item;
  };
  return {
    size: () => waiting.length,
    add(address: string, item: number, evicts: (item: number | undefined) => boolean): boolean {
      let left: number | undefined;
      if (waiting.length >= maxSize) {
        if (countOf(address) + 1 >= most()) return evicts(item);
        const candidates = turns.filter((each) => countOf(each) === most());
        const newest = candidates.map((each) => waiting.findLast((one) => one.address === each));
        const chosen = newest.find((each) => evicts(each?.item));
        if (chosen === undefined) return false;
        left = remove(chosen);
      }
      waiting.push({ address, item });
      if (!turns.includes(address)) turns.push(address);
      return evicts(left);
    },
    next(): number | undefined {
      const [address, ...others] = turns;
      const item = remove(waiting.find((each) => each.address === address));
      turns = address !== undefined && countOf(address) > 0 ? [...others, address] : others;
      return item;
    },
  };
}

describe('a fair queue, whatever comes and goes', () => {
  it('does what its model does', () => {
    const steps = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { freq: 4 }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (each, maxSize) => {
        const [queue, model] = [createFairQueue<number>(maxSize), modelOf(maxSize)];
        for (const [item, address] of each.entries()) {
          if (address === null) expect(queue.next()).toBe(model.next());
          else {
            const left = queue.add(address, item);
            expect(model.add(address, item, (expected) => expected === left)).toBe(true);
          }
          expect(queue.size).toBe(model.size());
          expect(queue.size).toBeLessThanOrEqual(maxSize);
        }
      }),
    );
  });
});
