import { ServerInterceptingCall } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { LeanCall } from '../../../src/grpc/server/lean-call.js';

describe('the base of the calls of the gate', () => {
  it("is grpc-js's class, with nothing but the call below", () => {
    const below = {} as never;
    const call = new LeanCall(below);
    expect(call).toBeInstanceOf(ServerInterceptingCall);
    expect(Object.entries(call)).toEqual([['nextCall', below]]);
  });

  it('passes on every method of grpc-js that the gate does not override', () => {
    const overridden = ['constructor', 'start', 'sendMetadata', 'sendMessage', 'sendStatus'];
    const helpers = ['processPendingMessage', 'processPendingStatus']; // of those
    const names = Object.getOwnPropertyNames(ServerInterceptingCall.prototype).filter(
      (name) => ![...overridden, ...helpers].includes(name),
    );
    expect(names).toContain('getAuthContext');
    for (const name of names) {
      let reached = 0;
      const call = new LeanCall({ [name]: () => reached++ } as never);
      Reflect.apply(Reflect.get(call, name) as () => unknown, call, []);
      expect([name, reached]).toEqual([name, 1]);
    }
  });
});
