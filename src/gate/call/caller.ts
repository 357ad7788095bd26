import type { WalletIdentity } from '../../identity.js';
import type { AccessSubject } from '../access/access-list.js';
import type { AuthRule } from '../rules/policy.js';
import type { CallInfo } from './call.js';
import { callerAddress, type AddressReader } from './client-address.js';

/** A call under way, as far as it tells who is calling. */
interface CallUnderWay {
  readonly call: CallInfo;
  readonly rule: { readonly auth: AuthRule };
  readonly identity: WalletIdentity | undefined;
  caller: Caller | undefined;
}

/** The caller of a call. Made when a list or limit first asks. */
export type CallerOf = (visit: CallUnderWay) => Caller;

/**
 * The caller as lists and limits see him: whoever the call has proven him to be by then, and on a `public` method nobody but an
 * address. The address is worked out when it is asked for, and once.
 */
export class Caller implements AccessSubject {
  readonly #visit: CallUnderWay;
  readonly #addresses: AddressReader;
  #address: string | undefined;
  #isRead = false;

  constructor(visit: CallUnderWay, addresses: AddressReader) {
    this.#visit = visit;
    this.#addresses = addresses;
  }

  get wallet(): string | undefined {
    return this.#identity?.wallet;
  }

  get deviceId(): string | undefined {
    return this.#identity?.deviceId;
  }

  get address(): string | undefined {
    if (!this.#isRead) {
      const { call } = this.#visit;
      this.#address = this.#addresses.fullAddressOf(call.peer, call.header('x-forwarded-for'));
      this.#isRead = true;
    }
    return this.#address;
  }

  /** What a subscriber is counted by: IPv4 as it is, IPv6 by its /64 network; one name for all who have no address. */
  get network(): string {
    const { address } = this;
    return address === undefined ? 'unknown' : callerAddress(address);
  }

  get #identity(): WalletIdentity | undefined {
    return this.#visit.rule.auth === 'public' ? undefined : this.#visit.identity;
  }
}
