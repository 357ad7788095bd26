import { hostileValues, throwingProxy } from './hostile-values.js';

/** Ways in which somebody else's code can go wrong. Each has a name for the test's title, and is a function to be called. */
export const misbehaviours: readonly (readonly [name: string, behave: () => unknown])[] = [
  ...throwing('an error', new Error('hook')),
  ...throwing('nothing', undefined),
  ...throwing('a symbol', Symbol('hook')),
  ...throwing('an error whose text cannot be read', unreadableError()),
  ...throwing('a proxy that throws at every touch', throwingProxy()),
  ...throwing('a proxy that throws when it is asked what it is', shyProxy()),
  ['recurses for ever', recurse],
  ['answers a thenable that throws', () => ({ then: thrower(new Error('then')) })],
  ['answers a promise of a proxy that throws when it is asked what it is', async () => shyProxy()],
  ['answers a lone surrogate', () => '\ud800'],
  ...hostileValues
    .filter(([, value]) => typeof value !== 'boolean')
    .map(([name, value]) => [`answers ${name}`, () => value] as const),
];

/** Throws, answers a promise that rejects, and answers one that rejects later. */
function throwing(name: string, thrown: unknown): (readonly [string, () => unknown])[] {
  const later = () => new Promise((_, reject) => setImmediate(reject, thrown));
  return [
    [`throws ${name}`, thrower(thrown)],
    [`rejects with ${name}`, () => Promise.reject(thrown)],
    [`rejects later with ${name}`, later],
  ];
}

function thrower(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

function recurse(): number {
  return recurse() + 1;
}

/** It can be passed on, awaited and compared; `instanceof` throws. */
function shyProxy(): object {
  return new Proxy({}, { getPrototypeOf: thrower(new Error('shy')) });
}

function unreadableError(): Error {
  return Object.defineProperty(new Error('unreadable'), 'message', { get: thrower(new Error('message')) });
}
