import { readdirSync, readFileSync } from 'node:fs';

import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { http2StreamOf } from '../../../src/grpc/server/http2-stream-of.js';
import { callKinds, startDemoServer } from '../../support/demo-server.js';

describe('http2StreamOf', () => {
  it('finds the stream of this grpc-js below any number of interceptors', async () => {
    const found: unknown[] = [];
    const looking: ServerInterceptor = (_, call) => {
      found.push(http2StreamOf(call));
      return new ServerInterceptingCall(call);
    };
    const demo = await startDemoServer(looking, looking, looking);
    onTestFinished(demo.close);
    await callKinds.unary(demo.client());
    expect(found).toHaveLength(3);
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toMatchObject({ closed: true, destroyed: true, sentTrailers: expect.any(Object) });
  });

  const loop: { nextCall?: object } = {};
  loop.nextCall = loop;
  it.each<[string, object]>([
    ['no names of grpc-js', {}],
    ['other types', { stream: 5, nextCall: 5 }],
    ['nothing', { stream: null, nextCall: null }],
    ['another stream', { stream: { close: () => undefined, closed: false } }],
    ['a loop', loop],
  ])('finds none in a call with %s', (_, call) => {
    expect(http2StreamOf(call)).toBeUndefined();
  });

  it('is one of two places for servers that name what grpc-js does not document', () => {
    const folder = new URL('../../../src/grpc/server/', import.meta.url);
    const naming = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ts') && readFileSync(new URL(path, folder), 'utf8').includes('nextCall'),
    );
    expect(naming.toSorted()).toEqual(['http2-stream-of.ts', 'lean-call.ts']);
  });
});
