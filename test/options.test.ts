import { describe, expect, it } from 'vitest';

import { clock, integer, knownOptions, optionalFunction } from '../src/options.js';

describe('knownOptions', () => {
  it('takes known names, set or not, and no names at all', () => {
    expect(() => knownOptions({}, [])).not.toThrow();
    expect(() => knownOptions({ a: undefined, b: 1 }, ['a', 'b'])).not.toThrow();
  });

  it('names the unknown one and those it knows', () => {
    expect(() => knownOptions({ a: 1, maxage: 1 }, ['a', 'maxAge'])).toThrow(
      new TypeError('unknown option "maxage"; known are a, maxAge'),
    );
  });

  it.each([null, 1, 'a', true])('refuses %j instead of an object', (options) => {
    expect(() => knownOptions(options as never, [])).toThrow(new TypeError('options must be an object'));
  });
});

describe('integer', () => {
  it('gives the fallback for undefined alone', () => {
    expect(integer('n', undefined, 7, 0, 9)).toBe(7);
    expect(integer('n', 0, 7, 0, 9)).toBe(0);
  });

  it('takes both ends of its range', () => {
    expect([integer('n', 3, 7, 3, 9), integer('n', 9, 7, 3, 9)]).toEqual([3, 9]);
  });

  it.each([2, 10, 4.5, NaN, Infinity, null, '5', 5n, [5]])('refuses %s where 3 to 9 is asked', (value) => {
    expect(() => integer('n', value, 7, 3, 9)).toThrow(new TypeError('n must be an integer from 3 to 9'));
  });
});

describe('optionalFunction', () => {
  it('gives back undefined and functions', () => {
    const f = () => 1;
    expect(optionalFunction('f', undefined)).toBe(undefined);
    expect(optionalFunction('f', f)).toBe(f);
  });

  it.each([null, 0, 'f', {}])('refuses %j', (value) => {
    expect(() => optionalFunction('f', value)).toThrow(new TypeError('f must be a function'));
  });
});

describe('clock', () => {
  it('gives the milliseconds of the given clock', () => {
    expect(clock(() => new Date(1_234))()).toBe(1_234);
  });

  it('gives the system time by default', () => {
    expect(Math.abs(clock(undefined)() - Date.now())).toBeLessThan(10_000);
  });

  it('throws when the clock gives an invalid Date', () => {
    expect(clock(() => new Date(NaN))).toThrow('now() gave an invalid Date');
  });
});
