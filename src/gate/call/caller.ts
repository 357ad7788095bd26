import type { WalletIdentity } from '../../identity.js';
import type { AccessSubject } from '../access/access-list.js';
import type { CallInfo, IncomingCall } from './call.js';
import { callerAddress } from './client-address.js';

/** What is known of a call under way. */
export interface KnownCall {
  readonly incoming: IncomingCall;
  /** The caller's full IP address. */
  readonly address: string | undefined;
  /** The same for rules that judge by it. @throws AuthError INTERNAL if the transport was not given the peer. */
  readonly judgedAddress: string | undefined;
  /** Whoever has proven to be calling; `undefined` on `public` methods. */
  readonly visibleIdentity: WalletIdentity | undefined;
}

/** The caller as lists and limits see it: what the call has proven by then, and its address. Printing it shows nothing. */
export class Caller implements AccessSubject {
  readonly #call: KnownCall;

  constructor(call: KnownCall) {
    this.#call = call;
  }

  get wallet(): string | undefined {
    return this.#call.visibleIdentity?.wallet;
  }

  get deviceId(): string | undefined {
    return this.#call.visibleIdentity?.deviceId;
  }

  get address(): string | undefined {
    return this.#call.judgedAddress;
  }

  /** What a subscriber is counted by: IPv4 as it is, IPv6 by its /64 network; one name for all callers without address. */
  get network(): string {
    const { judgedAddress: address } = this.#call;
    return address === undefined ? 'unknown' : callerAddress(address);
  }
}

/** The call as hooks see it. Printing it shows neither metadata nor token. */
export class HookCall implements CallInfo {
  readonly method: string;
  readonly #call: KnownCall;

  constructor(call: KnownCall) {
    this.method = call.incoming.method;
    this.#call = call;
  }

  get address(): string | undefined {
    return this.#call.address;
  }

  get metadata(): unknown {
    return this.#call.incoming.metadata;
  }

  header(name: string): readonly string[] {
    return this.#call.incoming.header(name);
  }
}
