import type { AuthError } from '../../errors.js';
import type { WalletIdentity } from '../../identity.js';
import { knownOptions, optionalFunction } from '../../options.js';
import type { AuthRule, CallInfo, StreamRule } from '../call/call.js';
import { demandsOf, type RequireOptions } from './require.js';

/** What `authorize` may answer. */
export type AuthorizeAnswer = boolean | AuthError;

/** Decides whether a caller may make a call. */
export type Authorize<Metadata = unknown> = (
  identity: WalletIdentity | undefined,
  call: CallInfo<Metadata>,
) => AuthorizeAnswer | PromiseLike<AuthorizeAnswer>;

/** Decides whether a caller may send a message. There is no identity on a `public` method. `never` lets you name the request's own type. */
export type AuthorizeMessage<Metadata = unknown> = (
  identity: WalletIdentity | undefined,
  request: never,
  call: CallInfo<Metadata>,
) => AuthorizeAnswer | PromiseLike<AuthorizeAnswer>;

/** A value, or a function that finds it in a request. `never` lets you name the request's own type. */
export type OfRequest<T, Metadata = unknown> = T | ((request: never, call: CallInfo<Metadata>) => T);

/** All that can be declared for a method. What is left out is left to the next rule that declares it. */
export interface MethodPolicy<Metadata = unknown> {
  /** Who may call. Default `required`. */
  readonly auth?: AuthRule | undefined;
  /**
   * What a call takes from its caller's limit: an integer, 0 for nothing. Default 1. A function is called with the first
   * message; what it throws, and any other answer, ends the call with INTERNAL. Because no message is read before the call is
   * admitted, such a call pays 1 ahead, which is all it pays if the function answers 0 or 1, or no message comes.
   */
  readonly cost?: OfRequest<number, Metadata> | undefined;
  /**
   * The name of the limit that it is taken from, one of `limits.classes`. Default `default`. With a function, called with the first
   * message, the call pays 1 of `default` ahead.
   */
  readonly limit?: OfRequest<string, Metadata> | undefined;
  /**
   * Whether every message of a request stream costs that much, the first together with the call. It is charged before the
   * message is checked, so refused messages cost the same. Default `false`.
   */
  readonly chargeMessages?: boolean | undefined;
  /**
   * Fields of every request message that must be the address of the caller's own wallet, such as `owner` or `items.owner`;
   * lists are looked through. Empty text is nobody's address, and whatever a path does not reach is refused, unless
   * `services` tells that it may be missing. Default: those with the option `(walletauth.v1.own_wallet)`; `[]` for none.
   */
  readonly ownWallet?: readonly string[] | undefined;
  /** How long a stream may stay open. Default `while-renewed`. */
  readonly stream?: StreamRule | undefined;
  /** What tokens must carry to call it, beside what the option `require` of the gate demands of all. Default: nothing. */
  readonly require?: RequireOptions | undefined;
  /** Called instead of the `authorize` of all methods. Default: that one. */
  readonly authorize?: Authorize<Metadata> | undefined;
  /** Called with every request message before the handler gets it; answers like `authorize`. Default: none. */
  readonly authorizeMessage?: AuthorizeMessage<Metadata> | undefined;
}

/** Every property of a policy. */
export const policyNames = [
  'auth',
  'cost',
  'limit',
  'chargeMessages',
  'ownWallet',
  'stream',
  'require',
  'authorize',
  'authorizeMessage',
] as const satisfies readonly (keyof MethodPolicy)[];

const RULES: readonly unknown[] = ['required', 'optional', 'public'] satisfies AuthRule[];
const STREAM_RULES: readonly unknown[] = ['at-open', 'until-expiry', 'while-renewed'] satisfies StreamRule[];
const PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/**
 * Reads what is declared for a method.
 * @param name how to call it in errors, such as `rules["a.S/M"]`.
 * @throws TypeError naming what is wrong.
 */
export function readPolicy<Metadata>(
  name: string,
  declared: AuthRule | MethodPolicy<Metadata>,
): MethodPolicy<Metadata> {
  if (RULES.includes(declared)) return Object.freeze({ auth: declared as AuthRule });
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) {
    throw new TypeError(`${name} must be 'required', 'optional', 'public' or an object`);
  }
  const policy = declared;
  try {
    knownOptions(policy, policyNames);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
  const { auth, cost, limit, chargeMessages, ownWallet, stream, authorize, authorizeMessage } = policy;
  const must = (holds: boolean, property: string, what: string) => {
    if (!holds) throw new TypeError(`${name}.${property} must be ${what}`);
  };
  must(auth === undefined || RULES.includes(auth), 'auth', "'required', 'optional' or 'public'");
  must(
    cost === undefined || typeof cost === 'function' || isCost(cost),
    'cost',
    'a non-negative integer or a function',
  );
  must(limit === undefined || typeof limit === 'function' || isLimitName(limit), 'limit', 'a name or a function');
  must(chargeMessages === undefined || typeof chargeMessages === 'boolean', 'chargeMessages', 'true or false');
  must(ownWallet === undefined || isPaths(ownWallet), 'ownWallet', 'a list of field paths such as "items.owner"');
  must(stream === undefined || STREAM_RULES.includes(stream), 'stream', "'at-open', 'until-expiry' or 'while-renewed'");
  demandsOf(`${name}.require`, policy.require);
  optionalFunction(`${name}.authorize`, authorize);
  optionalFunction(`${name}.authorizeMessage`, authorizeMessage);
  const require = policy.require && { require: Object.freeze({ ...policy.require }) };
  return Object.freeze({ ...policy, ...require, ...(ownWallet && { ownWallet: Object.freeze([...ownWallet]) }) });
}

/** Whether a value can be a cost. */
export function isCost(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether a value can be the name of a limit. */
export function isLimitName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isPaths(value: unknown): boolean {
  return Array.isArray(value) && value.every((path) => typeof path === 'string' && PATH.test(path));
}
