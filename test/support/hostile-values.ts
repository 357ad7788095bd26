/** Things that no caller should pass and one will. Each has a name for the test's title. */
export const hostileValues: readonly (readonly [name: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['false', false],
  ['0', 0],
  ['-0', -0],
  ['-1', -1],
  ['1.5', 1.5],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['2 ** 53', 2 ** 53],
  ['a bigint', 1n],
  ['a symbol', Symbol('hostile')],
  ['an empty text', ''],
  ['a space', ' '],
  ['a text', 'text'],
  ['a text with NUL', 'Bearer \0'],
  ['a lone high surrogate', 'Bearer \ud800'],
  ['a lone low surrogate', '\udc00'],
  ['a text of a million characters', 'A'.repeat(1_000_000)],
  ['a boxed text', Object('Bearer AAAA')],
  ['an empty list', []],
  ['a list of undefined', [undefined]],
  ['a list in a list', [['Bearer AAAA']]],
  ['a list with a hole', Array(1)],
  ['an object', {}],
  ['an object without prototype', Object.create(null)],
  ['an object that looks like a list', { 0: 'Bearer AAAA', length: 1 }],
  ['an object with a throwing toString', { toString: thrower, valueOf: thrower, [Symbol.toPrimitive]: thrower }],
  ['an object with throwing getters', Object.defineProperties({}, { name: { get: thrower, enumerable: true } })],
  ['a function', () => 'Bearer AAAA'],
  ['a class', class Hostile {}],
  ['a date', new Date(0)],
  ['an invalid date', new Date(NaN)],
  ['bytes', new Uint8Array(65)],
  ['an array buffer', new ArrayBuffer(65)],
  ['a map', new Map([['length', 1]])],
  ['a promise', Promise.resolve('Bearer AAAA')],
  ['an error', new Error('hostile')],
  ['a proxy that throws at every touch', throwingProxy()],
  ['a revoked proxy', revokedProxy()],
];

function thrower(): never {
  throw new Error('hostile');
}

/** A proxy whose every trap throws. */
export function throwingProxy(): object {
  const traps = new Proxy({}, { get: () => thrower });
  return new Proxy({}, traps);
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}
