import type { AuthError, AuthReason } from '../errors.js';
import { integer, knownOptions, optionalFunction } from '../options.js';
import { verifierOptionNames, type VerifierOptions } from '../verify/options.js';
import { createAccess, type Access, type AccessOptions } from './access/access.js';
import { createAddressReader, type AddressReader } from './call/client-address.js';
import {
  createFailedTokenLimit,
  type FailedTokenLimit,
  type FailedTokenLimitOptions,
} from './limits/failed-token-limit.js';
import type { LimitOptions } from './limits/limits.js';
import type { Authorize, AuthRule } from './rules/policy.js';
import type { ServiceShape } from './rules/service-methods.js';
import type { AuthRules, RuleSource } from './rules/written-rules.js';

/** What the door decided about one call, or about one message of a call that it had admitted. Every label has a bounded set of values; `error` is for logs. */
export interface DecisionEvent {
  /** `/package.Service/Method`, of a registered method. */
  readonly method: string;
  readonly rule: AuthRule;
  /** Where that is written. */
  readonly source: RuleSource;
  /** `ended`: the call was admitted, and one of its messages was not. Each call has one `admitted` or `refused`. */
  readonly decision: 'admitted' | 'refused' | 'ended';
  /** Why; only if refused or ended. */
  readonly reason: AuthReason | undefined;
  /** The refusal with its cause, which explains it to the operator and holds no token; only if refused or ended. */
  readonly error: AuthError | undefined;
  /**
   * The limit in which the call, or its latest message that was charged, was counted: a name in `limits.classes`, or
   * `beforeAuthentication` where that refused it. `undefined` where nothing was counted yet.
   */
  readonly limit: string | undefined;
  /** The curve that verifies tokens here. */
  readonly curve: string;
  /** `true`: the token was known and still good. `false`: its signatures had to be checked. `undefined`: it did not come to that. */
  readonly cached: boolean | undefined;
  /** How long the token took to verify, in milliseconds; `undefined` if none was looked at, and where a message ended a call. */
  readonly verificationMs: number | undefined;
}

/** How a door decides: everything a verifier takes, and who may call what. */
export interface GateOptions<Metadata = unknown> extends VerifierOptions {
  /** Rules by method pattern; the most specific wins, word by word. Default: `required` everywhere. */
  rules?: AuthRules<Metadata> | undefined;
  /**
   * The services that the server registers. What their `.proto` says by `walletauth/v1/options.proto` applies where `rules` say
   * nothing more specific, and a rule that names an unknown method or field is a TypeError. Default: rules are taken at
   * their word. Health and reflection count as there.
   */
  services?: readonly ServiceShape[] | undefined;
  /**
   * Asked after authentication on `required` and `optional` methods; the identity is `undefined` for an anonymous caller.
   * `true` allows; `false` refuses with ACCESS_DENIED; an AuthError, returned or thrown, refuses with its own reason and
   * message. Anything else refuses with INTERNAL. Default: everybody who is authenticated may call.
   */
  authorize?: Authorize<Metadata> | undefined;
  /** How long `authorize` may take, in milliseconds; then the call ends with AUTH_UNAVAILABLE. 1 to 600 000. Default 5 000 (five seconds). */
  authorizeTimeoutMs?: number | undefined;
  /**
   * Who may come, who may not, and who has more, whatever the rules say. Denied addresses are turned away before the token is
   * looked at; the rest is judged after it, before `authorize`. Default: everybody may come.
   */
  access?: AccessOptions | undefined;
  /** How often callers may call; what a call costs and of which limit it is taken is in `rules`. Default: no limits. */
  limits?: LimitOptions | undefined;
  /**
   * Bounds the curve operations that forged tokens of one address can cost; beyond it, callers there whose tokens are not
   * cached get RATE_LIMITED. Default: no bound, because behind a proxy that is not named in `trustedProxies`, or one
   * NAT, all callers share an address, and a single forger could lock out everybody who is new. Set it on nodes that see
   * their callers' addresses; `{}` takes its defaults.
   */
  failedTokenLimit?: FailedTokenLimitOptions | undefined;
  /** Addresses or CIDR ranges of proxies whose `x-forwarded-for` is believed, from the right. Default: none. */
  trustedProxies?: readonly string[] | undefined;
  /** Told every decision. What it throws or rejects with is dropped. Default: nobody is told. */
  onDecision?: ((event: DecisionEvent) => void) | undefined;
}

/** The gate's own options after validation. */
export interface GateSettings<Metadata> {
  readonly services: readonly ServiceShape[] | undefined;
  readonly authorize: Authorize<Metadata> | undefined;
  readonly authorizeTimeoutMs: number;
  readonly onDecision: GateOptions<Metadata>['onDecision'];
  readonly access: Access | undefined;
  readonly allowance: FailedTokenLimit | undefined;
  readonly addresses: AddressReader;
}

/** The names of the options that only a gate has. */
export const gateOptionNames = [
  'rules',
  'services',
  'authorize',
  'authorizeTimeoutMs',
  'access',
  'limits',
  'failedTokenLimit',
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
    services: serviceList(options.services),
    authorize: optionalFunction('authorize', options.authorize),
    authorizeTimeoutMs: integer('authorizeTimeoutMs', options.authorizeTimeoutMs, 5_000, 1, 600_000),
    onDecision: optionalFunction('onDecision', options.onDecision),
    access: createAccess(options.access),
    allowance: options.failedTokenLimit === undefined ? undefined : createFailedTokenLimit(options.failedTokenLimit),
    addresses: createAddressReader(options.trustedProxies),
  });
}

/** The part of the options that the verifier takes. */
export function verifierOptions(options: VerifierOptions): VerifierOptions {
  return Object.fromEntries(verifierOptionNames.map((name) => [name, options[name]]));
}

function serviceList(services: readonly ServiceShape[] | undefined): readonly ServiceShape[] | undefined {
  if (services === undefined) return undefined;
  if (Array.isArray(services) && services.every((each) => typeof each === 'object' && each !== null)) return services;
  throw new TypeError('services must be a list of services');
}
