import { expect, it } from 'vitest';

import { RequestMessages } from '../../../src/connect/client/request-messages.js';
import { withResolvers } from '../../support/with-resolvers.js';

const iteratorOf = (messages: AsyncIterable<string>) => messages[Symbol.asyncIterator]();

it('what a try was still waiting for, the next one gets', async () => {
  const first = withResolvers<string>();
  const requests = new RequestMessages(
    (async function* () {
      yield await first.promise;
      yield 'b';
    })(),
    true,
  );
  const before = iteratorOf(requests.forNextTry()).next();
  const after = iteratorOf(requests.forNextTry());
  const got = after.next();
  first.resolve('a');
  expect(requests.repeatable).toBe(true);
  expect(await before).toEqual({ done: true, value: undefined });
  expect(await got).toEqual({ done: false, value: 'a' });
  expect(requests.repeatable).toBe(false);
  expect(await after.next()).toEqual({ done: false, value: 'b' });
});

it('the one message of a caller that does not stream is sent with each try', async () => {
  const requests = new RequestMessages(
    (async function* () {
      yield 'only';
    })(),
    false,
  );
  for (let i = 0; i < 2; i++) {
    const seen: string[] = [];
    for await (const message of requests.forNextTry()) seen.push(message);
    expect([seen, requests.repeatable]).toEqual([['only'], true]);
  }
});

it('a try that ends early ends nothing of the caller', async () => {
  let ended = 0;
  const requests = new RequestMessages(
    (async function* () {
      try {
        yield 'a';
        yield 'b';
      } finally {
        ended++;
      }
    })(),
    true,
  );
  const tried = iteratorOf(requests.forNextTry());
  await tried.next();
  await expect(tried.throw!(new Error('gone'))).rejects.toThrow('gone');
  expect(await tried.next()).toEqual({ done: true, value: undefined });
  expect(ended).toBe(0);
  await requests.end();
  expect(ended).toBe(1);
});
