import { asAuthError, type AuthError } from '../../errors.js';
import type { StreamLease, WalletIdentity } from '../../identity.js';
import { quietly } from '../../options.js';
import type { AuthorizationValue } from '../../token/bearer.js';
import type { CallInfo, IncomingCall } from '../call/call.js';
import { Caller, HookCall } from '../call/caller.js';
import type { AddressReader } from '../call/client-address.js';
import { unknownPeer } from '../call/no-address.js';
import type { MethodRule } from '../rules/rule-table.js';

/** One call on its way through the pipeline. Steps record here what they find out. */
export class CallContext {
  readonly incoming: IncomingCall;
  readonly authorization: AuthorizationValue;
  readonly rule: MethodRule;
  /** Whoever has proven to be calling; `undefined` before that and on anonymous calls. */
  identity: WalletIdentity | undefined = undefined;
  /** The limit in which the call was counted last. */
  limit: string | undefined = undefined;
  /** The limit out of which the call has paid a point of its first message's cost. */
  paidAhead: string | undefined = undefined;
  /** Whether the token was cached; `undefined` before that is clear, and unless decisions are listened to. */
  cached: boolean | undefined = undefined;
  /** How long the token took, in milliseconds; only if decisions are listened to. */
  verificationMs: number | undefined = undefined;
  /** The lease of a stream that has one. */
  lease: StreamLease | undefined = undefined;
  /** When a unary call with an identity had passed the steps, in milliseconds since the Unix epoch. */
  passedMs = 0;
  /** Whether the gate ended it after it was admitted. */
  hasEnded = false;
  /** How many messages came before. */
  messages = 0;
  readonly #addresses: AddressReader;
  #caller: Caller | undefined = undefined;
  #info: CallInfo | undefined = undefined;
  #address: string | undefined | null = null;
  #ends: (() => void)[] | undefined = undefined;

  constructor(incoming: IncomingCall, authorization: AuthorizationValue, rule: MethodRule, addresses: AddressReader) {
    this.incoming = incoming;
    this.authorization = authorization;
    this.rule = rule;
    this.#addresses = addresses;
  }

  /** The caller as lists and limits see it; made when one of them needs it. */
  get caller(): Caller {
    return (this.#caller ??= new Caller(this));
  }

  /** The call as hooks see it; made when one is called. */
  get info(): CallInfo {
    return (this.#info ??= new HookCall(this));
  }

  /** The caller's full IP address, worked out once. */
  get address(): string | undefined {
    if (this.#address === null) {
      const { peer, mustHaveAddress } = this.incoming;
      if (peer === undefined) this.#address = undefined;
      else this.#address = this.#addresses.fullAddressOf(peer, this.#forwardedFor, mustHaveAddress);
    }
    return this.#address;
  }

  get #forwardedFor(): readonly string[] {
    return this.incoming.header('x-forwarded-for');
  }

  /** The same for rules that judge by it. @throws AuthError INTERNAL if the transport was not given the peer. */
  get judgedAddress(): string | undefined {
    const { address } = this;
    if (address === undefined && lacksAddress(this.incoming)) throw unknownPeer(this.#addresses);
    return address;
  }

  /** The identity that handlers, lists and hooks about messages may see: none on `public` methods. */
  get visibleIdentity(): WalletIdentity | undefined {
    return this.rule.auth === 'public' ? undefined : this.identity;
  }

  /** Has a function called once, when the call is over, however it ends. What it throws is dropped. */
  onEnd(end: () => void): void {
    (this.#ends ??= []).push(end);
  }

  /** Whether anything waits for the call's end. */
  get isHeld(): boolean {
    return this.#ends !== undefined;
  }

  /** Calls what waits for the end. */
  end(): void {
    const ends = this.#ends;
    this.#ends = undefined;
    for (const end of ends ?? []) quietly(end);
  }
}

/** Whether a call without an address is refused where one is needed. */
function lacksAddress({ peer, mustHaveAddress }: IncomingCall): boolean {
  return mustHaveAddress === true || peer === undefined;
}

/** What a step answers: a refusal, or nothing to go on. It may also throw a refusal; anything else that it throws is INTERNAL. */
export type Answer = AuthError | undefined;

/** One check of a call, complete with what it needs. */
export type CallStep = (call: CallContext) => Answer | Promise<Answer>;

/** One check of a message, complete with what it needs. */
export type MessageStep = (call: CallContext, message: unknown) => Answer | Promise<Answer>;

/** A step for the list if it is configured, which is when there is something that it needs. */
export function use<Needs>(
  step: (call: CallContext, needs: Needs) => Answer | Promise<Answer>,
  needs: Needs | undefined,
): CallStep[] {
  return needs === undefined ? [] : [(call) => step(call, needs)];
}

/** `use` for a check of messages. */
export function useForMessages<Needs>(
  step: (call: CallContext, message: unknown, needs: Needs) => Answer | Promise<Answer>,
  needs: Needs | undefined,
): MessageStep[] {
  return needs === undefined ? [] : [(call, message) => step(call, message, needs)];
}

/**
 * Runs steps in turn up to the first that refuses. Never throws and never rejects: what a step throws or rejects with is
 * its refusal.
 * @returns a promise only if a step gave one.
 */
export function runSteps<Arguments extends readonly unknown[]>(
  steps: readonly ((...each: Arguments) => Answer | Promise<Answer>)[],
  ...each: Arguments
): Answer | Promise<Answer> {
  return runFrom(0, steps, each);
}

function runFrom<Arguments extends readonly unknown[]>(
  first: number,
  steps: readonly ((...each: Arguments) => Answer | Promise<Answer>)[],
  each: Arguments,
): Answer | Promise<Answer> {
  try {
    for (let i = first; i < steps.length; i++) {
      const answer = steps[i]?.(...each);
      if (answer === undefined) continue;
      if (!(answer instanceof Promise)) return answer;
      return answer.then((late) => late ?? runFrom(i + 1, steps, each), asAuthError);
    }
    return undefined;
  } catch (error) {
    return asAuthError(error);
  }
}
