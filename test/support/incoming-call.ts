import type { IncomingCall } from '../../src/gate/call/call.js';

/** What a test says of a call; the rest has defaults. */
export interface CallFacts {
  /** Default: `/a.S/M`. */
  readonly method?: string;
  /** Default: a peer with an IPv4 address. */
  readonly peer?: string;
  /** The values of `x-forwarded-for`. Default: none. */
  readonly forwardedFor?: readonly string[];
}

/** A call as a transport hands it to the gate, without metadata. */
export function incomingCall({
  method = '/a.S/M',
  peer = '203.0.113.7:1',
  forwardedFor = [],
}: CallFacts = {}): IncomingCall {
  return { method, peer, metadata: undefined, header: (name) => (name === 'x-forwarded-for' ? forwardedFor : []) };
}
