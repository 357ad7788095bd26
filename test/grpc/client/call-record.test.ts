import { describe, expect, it } from 'vitest';

import { CallRecord, type Call } from '../../../src/grpc/client/call-record.js';

function notingCall() {
  const done: unknown[] = [];
  const call: Partial<Call> = {
    sendMessageWithContext: (_, message) => void done.push(message),
    halfClose: () => void done.push('half-close'),
    startRead: () => void done.push('read'),
  };
  return { done, call: call as Call };
}

describe('a record of what was done on a call', () => {
  it('is done again in order, and says that it can be', () => {
    const record = new CallRecord(false);
    record.message({}, 'one', undefined);
    record.halfClose(undefined);
    record.read(undefined);
    const [first, second] = [notingCall(), notingCall()];
    for (const { call } of [first, second]) record.replay(call);
    expect(first.done).toEqual(['one', 'half-close', 'read']);
    expect(second.done).toEqual(first.done);
    expect(record.repeatable).toBe(true);
  });

  it('asks for no message that nobody waits for', () => {
    const record = new CallRecord(false);
    const { done, call } = notingCall();
    record.replay(call);
    expect(done).toEqual([]);
    record.read(call);
    record.received();
    record.replay(call);
    expect(done).toEqual(['read']);
    record.read(call);
    record.replay(call);
    expect(done).toEqual(['read', 'read', 'read']);
  });

  it('keeps no message once one was received: nothing is done again from then on', () => {
    const record = new CallRecord(false);
    const [first, second] = [notingCall(), notingCall()];
    record.message({}, 'large', undefined);
    record.read(undefined);
    record.replay(first.call);
    record.received();
    expect(record.repeatable).toBe(false);
    record.replay(second.call);
    expect(second.done).toEqual([]);
  });

  it('of a request stream cannot be repeated once a message is out, and keeps none', () => {
    const record = new CallRecord(true);
    const { done, call } = notingCall();
    record.replay(call);
    expect(record.repeatable).toBe(true);
    record.message({}, 'one', call);
    record.message({}, 'two', call);
    expect(record.repeatable).toBe(false);
    record.replay(call);
    expect(done).toEqual(['one', 'two']);
  });
});
