import type { AuthError, AuthReason } from '../errors.js';
import type { WalletIdentity } from '../identity.js';
import { integer, knownOptions, optionalFunction } from '../options.js';
import { verifierOptionNames, type VerifierOptions } from '../verify/options.js';
import { createAddressReader, type AddressReader } from './client-address.js';
import { createFailureAllowance, type FailureAllowance, type FailureAllowanceOptions } from './failure-allowance.js';
import type { AuthRule, AuthRules } from './rules.js';

/** A call at the door, as far as hooks may know it. */
export interface CallFacts<Metadata = unknown> {
  /** `/package.Service/Method`. */
  readonly method: string;
  /** The peer as the transport names it, such as `127.0.0.1:50101`; read it while the call is under way. */
  readonly peer: string;
  /** The call's metadata, in the transport's own type. */
  readonly metadata: Metadata;
  /** The values of a metadata key that holds text, in order; none if it is not there. */
  header(key: string): readonly string[];
}

/** What the door decided about one call. Every label has a bounded set of values; `error` is for logs. */
export interface DecisionEvent {
  /** `/package.Service/Method`, of a registered method. */
  readonly method: string;
  readonly rule: AuthRule;
  readonly decision: 'admitted' | 'refused';
  /** Why it was refused; only if refused. */
  readonly reason: AuthReason | undefined;
  /** The refusal with its cause, which explains it to the operator and holds no token; only if refused. */
  readonly error: AuthError | undefined;
}

/** How a door decides: everything a verifier takes, and who may call what. */
export interface GateOptions<Metadata = unknown> extends VerifierOptions {
  /** Rules by method pattern; the most specific wins. Default: `required` everywhere. */
  rules?: AuthRules | undefined;
  /**
   * Asked after authentication on `required` and `optional` methods; the identity is `undefined` for an anonymous caller.
   * `true` allows; `false` refuses with ACCESS_DENIED; an AuthError, returned or thrown, refuses with its own reason and
   * message. Anything else refuses with INTERNAL. Default: everybody who is authenticated may call.
   */
  authorize?:
    | ((
        identity: WalletIdentity | undefined,
        call: CallFacts<Metadata>,
      ) => AuthorizeAnswer | PromiseLike<AuthorizeAnswer>)
    | undefined;
  /** How long `authorize` may take, in milliseconds; then the call ends with AUTH_UNAVAILABLE. 1 to 600 000. Default 5 000 (five seconds). */
  authorizeTimeoutMs?: number | undefined;
  /**
   * Bounds the curve operations that forged tokens of one address can cost; beyond it, callers there whose tokens are not
   * remembered get RATE_LIMITED. Default: no bound, because behind a proxy that is not named in `trustedProxies`, or one
   * NAT, all callers share an address, and a single forger could lock out everybody who is new. Set it on nodes that see
   * their callers' addresses; `{}` takes its defaults.
   */
  failureAllowance?: FailureAllowanceOptions | undefined;
  /** Addresses or CIDR ranges of proxies whose `x-forwarded-for` is believed, from the right. Default: none. */
  trustedProxies?: readonly string[] | undefined;
  /** Told every decision. What it throws or rejects with is dropped. Default: nobody is told. */
  onDecision?: ((event: DecisionEvent) => void) | undefined;
}

/** What `authorize` may answer. */
export type AuthorizeAnswer = boolean | AuthError;

/** The gate's own options after validation. */
export interface GateSettings<Metadata> {
  readonly authorize: GateOptions<Metadata>['authorize'];
  readonly authorizeTimeoutMs: number;
  readonly onDecision: GateOptions<Metadata>['onDecision'];
  readonly allowance: FailureAllowance | undefined;
  readonly addresses: AddressReader;
}

/** The names of the options that only a gate has. */
export const gateOptionNames = [
  'rules',
  'authorize',
  'authorizeTimeoutMs',
  'failureAllowance',
  'trustedProxies',
  'onDecision',
] as const satisfies readonly (keyof GateOptions)[];

/**
 * Checks the gate's own options; the verifier and the rule table check theirs.
 * @throws TypeError naming the option that is wrong or unknown.
 */
export function gateSettings<Metadata>(options: GateOptions<Metadata>): GateSettings<Metadata> {
  knownOptions(options, [...verifierOptionNames, ...gateOptionNames]);
  return Object.freeze({
    authorize: optionalFunction('authorize', options.authorize),
    authorizeTimeoutMs: integer('authorizeTimeoutMs', options.authorizeTimeoutMs, 5_000, 1, 600_000),
    onDecision: optionalFunction('onDecision', options.onDecision),
    allowance: options.failureAllowance === undefined ? undefined : createFailureAllowance(options.failureAllowance),
    addresses: createAddressReader(options.trustedProxies),
  });
}

/** The part of the options that the verifier takes. */
export function verifierOptions(options: VerifierOptions): VerifierOptions {
  return Object.fromEntries(verifierOptionNames.map((name) => [name, options[name]]));
}
