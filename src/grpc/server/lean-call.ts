import { ServerInterceptingCall } from '@grpc/grpc-js';

type InnerCall = ConstructorParameters<typeof ServerInterceptingCall>[0];
type CallClass = new (call: InnerCall) => ServerInterceptingCall;

/** What a call passes on to the one below it, whatever becomes of its messages. */
const PASSED_ON = ['startRead', 'getPeer', 'getDeadline', 'getHost', 'getAuthContext', 'getConnectionInfo'] as const;

/** Makes calls with the methods of grpc-js's class. Its constructor makes seven fields and a responder besides, for each call. */
const Lean = function (this: { nextCall: InnerCall }, call: InnerCall) {
  this.nextCall = call;
} as unknown as CallClass;
Object.defineProperty(Lean, 'prototype', { value: ServerInterceptingCall.prototype });

/** Whether all of these reach the call below. Others that a later version may have find it in the same way. */
function passesOn(Class: CallClass): boolean {
  const reached = new Set<string>();
  const below = Object.fromEntries(PASSED_ON.map((name) => [name, () => void reached.add(name)]));
  try {
    const call = new Class(below as unknown as InnerCall);
    for (const name of PASSED_ON) call[name]();
  } catch {
    return false;
  }
  return reached.size === PASSED_ON.length;
}

/**
 * The base of a call that overrides `start` and all that sends: an instance of grpc-js's class, without what its constructor makes
 * for the methods that are overridden. Those that are not find the call below under grpc-js's own name for it, as of 1.14; where
 * a version has another name, this is its class itself.
 */
export const LeanCall: CallClass = passesOn(Lean) ? Lean : ServerInterceptingCall;
