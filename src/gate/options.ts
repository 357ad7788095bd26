import type { DeviceRegistry } from '../devices/device-registry.js';
import { clock, integer, knownOptions, optionalFunction, timersOption, type Timers } from '../options.js';
import { verifierOptionNames, type VerifierOptions } from '../verify/options.js';
import type { AccessOptions } from './access/access.js';
import type { DecisionEvent } from './decision.js';
import type { FailedTokenLimitOptions } from './limits/failed-token-limit.js';
import type { LimitOptions } from './limits/limit-options.js';
import {
  verificationQueueSettings,
  type VerificationQueueOptions,
  type VerificationQueueSettings,
} from './queue/queue-options.js';
import type { AuthRules } from './rules/declared-rules.js';
import type { Authorize } from './rules/policy.js';
import type { ServiceShape } from './rules/service-methods.js';
import type { TokenEvent } from './steps/report-token.js';

/** How a gate decides: everything that a verifier takes, and who may call what. Every option may be left out. */
export interface GateOptions<Metadata = unknown> extends VerifierOptions {
  /**
   * Rules by method pattern; the most specific wins, property by property, and every one of them comes before the options of a
   * `.proto`. Default: `required` everywhere.
   */
  rules?: AuthRules<Metadata> | undefined;
  /**
   * The services that the server registers. What their `.proto` declares by `walletauth/v1/options.proto` applies where `rules` declare
   * nothing, and a rule that names an unknown method or field is a TypeError. Default: rules are not checked
   * against methods. Health and reflection count as registered.
   */
  services?: readonly ServiceShape[] | undefined;
  /**
   * Called after authentication on `required` and `optional` methods; the identity is `undefined` for an anonymous caller.
   * `true` allows; `false` refuses with ACCESS_DENIED; an AuthError, returned or thrown, refuses with its own reason and
   * message. Anything else refuses with INTERNAL. Default: every authenticated caller may call.
   */
  authorize?: Authorize<Metadata> | undefined;
  /** How long `authorize` may take, in milliseconds; then the call ends with AUTH_UNAVAILABLE. 1 to 600 000. Default 5 000 (five seconds). */
  authorizeTimeoutMs?: number | undefined;
  /**
   * Access lists, whatever the rules are: who may call, who may not, and who has priority. Denied addresses are refused before the
   * token is looked at; the rest is judged after it, before `authorize`. Default: no lists.
   */
  access?: AccessOptions | undefined;
  /** Rate limits; what a call costs and of which limit it is taken is in `rules`. Default: no limits. */
  limits?: LimitOptions | undefined;
  /**
   * Bounds the curve operations that forged tokens of one address can cost; beyond it, callers there whose tokens are not
   * cached get RATE_LIMITED. Default: no bound, because behind a proxy that is not named in `trustedProxies`, or one
   * NAT, all callers share an address, and a single forger could lock out all new callers. Set it on nodes that see
   * their callers' addresses; `{}` takes its defaults, `{ countUncached: true }` bounds good tokens too.
   */
  failedTokenLimit?: FailedTokenLimitOptions | undefined;
  /**
   * Where tokens wait that need the curve: served in turns by client address, for about `sliceMs` milliseconds in each turn of the
   * event loop, so that a flood of tokens from one address holds up nobody else. A token is verified at once while nothing
   * waits and the slice lasts; cached tokens, and refusals that need no curve, never wait. Default
   * `{ maxWaiting: 1_000, sliceMs: 1 }`; `false` for no queue: then every token is verified at once.
   */
  verificationQueue?: VerificationQueueOptions | false | undefined;
  /** Addresses or CIDR ranges of proxies whose `x-forwarded-for` is believed, from the right. Default: none. */
  trustedProxies?: readonly string[] | undefined;
  /**
   * The registry of devices, from `createDeviceRegistry`; several gates and transports may share it. Streams live on its leases,
   * with its `graceMs`. Default: none; a device is known as long as it has a stream open.
   */
  devices?: DeviceRegistry | undefined;
  /**
   * How long a stream of a `while-renewed` method goes on after the newest token of its device ended, in milliseconds. 5 000 to
   * 3 600 000 (an hour). Default 30 000 (half a minute).
   */
  graceMs?: number | undefined;
  /**
   * How often lists and `isRevoked` are looked at again for streams that are open, in milliseconds; with each message of a
   * request stream they are looked at anyway. A unary call whose request comes that long after its admission is looked at
   * again too. 100 to 3 600 000 (an hour). Default 5 000 (five seconds).
   */
  streamRecheckMs?: number | undefined;
  /** The timers that streams are ended by, for tests with a clock of their own. Default: the system's. */
  timers?: Timers | undefined;
  /** Called with every decision. What it throws or rejects with is dropped. Default: not called. */
  onDecision?: ((event: DecisionEvent) => void) | undefined;
  /**
   * Called with every token that this gate verifies anew and whose device is not revoked, as far as `isRevoked` and `devices` know:
   * once for as long as the token is cached, before anything else of the call is looked at, so also where a list, a limit or
   * `authorize` refuses the call afterwards. To move state that is keyed by hashes of tokens to `deviceId`. What it throws or rejects
   * with is dropped, and it is not called again. Default: not called, and no hash is made.
   */
  onToken?: ((event: TokenEvent) => void) | undefined;
}

/** The gate's own options after validation, as far as no room of the gate reads them itself. */
export interface GateSettings {
  readonly services: readonly ServiceShape[] | undefined;
  readonly authorize: Authorize | undefined;
  readonly authorizeTimeoutMs: number;
  readonly onDecision: ((event: DecisionEvent) => void) | undefined;
  readonly onToken: ((event: TokenEvent) => void) | undefined;
  readonly graceMs: number;
  readonly streamRecheckMs: number;
  readonly timers: Timers;
  /** `undefined` if no token has to wait. */
  readonly verificationQueue: VerificationQueueSettings | undefined;
  /** The clock, in milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
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
  'verificationQueue',
  'trustedProxies',
  'devices',
  'graceMs',
  'streamRecheckMs',
  'timers',
  'onDecision',
  'onToken',
] as const satisfies readonly (keyof GateOptions)[];

/**
 * Checks the gate's own options; verifier, rules, lists and limits check theirs.
 * @throws TypeError naming the option that is wrong or unknown.
 */
export function gateSettings(options: GateOptions): GateSettings {
  knownOptions(options, [...verifierOptionNames, ...gateOptionNames]);
  if (options.devices !== undefined && options.graceMs !== undefined)
    throw new TypeError('graceMs is an option of createDeviceRegistry where there are devices');
  return Object.freeze({
    services: serviceList(options.services),
    authorize: optionalFunction('authorize', options.authorize),
    authorizeTimeoutMs: integer('authorizeTimeoutMs', options.authorizeTimeoutMs, 5_000, 1, 600_000),
    onDecision: optionalFunction('onDecision', options.onDecision),
    onToken: optionalFunction('onToken', options.onToken),
    graceMs: integer('graceMs', options.graceMs, 30_000, 5_000, 3_600_000),
    streamRecheckMs: integer('streamRecheckMs', options.streamRecheckMs, 5_000, 100, 3_600_000),
    timers: timersOption(options.timers),
    verificationQueue: verificationQueueSettings(options.verificationQueue),
    nowMs: clock(options.now),
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
