import { deviceServicePaths, revokeByWalletPath } from '../devices/service/device-service-paths.js';
import type { AuthorizationValue } from '../token/bearer.js';
import type { IncomingCall } from './call/call.js';
import { ANONYMOUS, COUNTED, type CheckMessage, type Decision } from './decision.js';
import type { GateOptions } from './options.js';
import { gateParts } from './parts.js';
import { checkRules, type RuleReport } from './rules/check-rules.js';
import type { MethodRule } from './rules/rule-table.js';
import { methodsOf, type ServiceShape } from './rules/service-methods.js';
import { authenticate, authenticateIfPresent, noteTime } from './steps/authenticate.js';
import { authorize, authorizeMessage } from './steps/authorize.js';
import { chargeCall, chargeMessage, checkCost, limitAddress, limitStatements } from './steps/charge.js';
import { checkAccess, denyAddress } from './steps/check-access.js';
import { checkOwnWallet } from './steps/check-own-wallet.js';
import { enterDevice } from './steps/enter-device.js';
import { holdStream } from './steps/hold-stream.js';
import {
  CallContext,
  runSteps,
  use,
  useForMessages,
  type Answer,
  type CallStep,
  type MessageStep,
} from './steps/pipeline.js';
import { recheckLate } from './steps/recheck-late.js';
import { recheckCaller, watchStream } from './steps/recheck.js';

/** Decides about calls, for every transport of a node: caches, limits and metrics are one. */
export interface Gate {
  /** The name of the curve in use. */
  readonly curve: string;
  /** How many verified tokens are cached now. */
  readonly cachedTokens: number;
  /** How many certified identity keys are cached now. */
  readonly cachedDevices: number;
  /** How many tokens wait for the curve now. */
  readonly waitingTokens: number;
  /**
   * How many streams were closed hard so far: the gate had ended them, and within 5 seconds their callers had not taken the
   * status, because they read nothing or too slowly.
   */
  readonly hardCloses: number;
  /**
   * Decides about a call; for transports. Never throws and never rejects; a promise only if a step gave one.
   * @param authorization the value of the `authorization` header, or the list of its values.
   */
  decide(call: IncomingCall, authorization: AuthorizationValue): Decision | Promise<Decision>;
  /**
   * Compares the rules with the services that a server registers, for a check at start-up.
   * @returns every rule with the methods that it covers, and what applies to each method.
   * @throws TypeError naming a rule that names no method.
   */
  checkRules(services: Iterable<ServiceShape>): RuleReport;
}

/** What the calls of a method and their messages go through. */
interface Pipeline {
  readonly rule: MethodRule;
  /** Whether its calls bring statements of wallets in place of tokens. */
  readonly bringsStatements: boolean;
  readonly call: readonly CallStep[];
  readonly message: readonly MessageStep[];
  /** The same for a caller with an identity, which may have changed by then. */
  readonly messageOfIdentity: readonly MessageStep[];
}

/** The rule of a method with which a device makes room for itself: no rule can close it. */
function openRule(rule: MethodRule): MethodRule {
  return { ...rule, auth: 'required', authorize: undefined, authorizeMessage: undefined, ownWallet: undefined };
}

/** The rule of the method that a wallet calls without any device: no rule can close it, and no token is looked at. */
function statementRule(rule: MethodRule): MethodRule {
  return { ...openRule(rule), auth: 'public' };
}

const gates = new WeakSet<object>();

/** Whether something is a gate that `createGate` made. */
export function isGate(value: object): value is Gate {
  return gates.has(value);
}

/**
 * Makes the gate of a node, to be shared by its transports. `walletAuth` of each transport takes it, or makes one of the same
 * options.
 *
 * @example
 * ```ts
 * import { createGate } from 'grpc-wallet-auth/gate';
 * import { walletAuth } from 'grpc-wallet-auth/grpc';
 *
 * const gate = createGate({ limits: { classes: { default: { points: 100, windowMs: 60_000 } } } });
 * const interceptor = walletAuth(gate);
 * ```
 * @throws TypeError if an option is wrong.
 */
export function createGate<Metadata = unknown>(given: GateOptions<Metadata> = {}): Gate {
  const options = given as GateOptions; // the one place where a transport's type of metadata is set aside
  const parts = gateParts(options);
  const { access, authentication, charging, devices, holding, lateRequests, recheck, report, rules, sweep, verifier } =
    parts;

  /** This node's policy: what the calls of a method and their messages go through, in this order. */
  function pipelineOf(declared: MethodRule, method: string, isStream: boolean): Pipeline {
    const isExempt = devices !== undefined && deviceServicePaths.has(method);
    const bringsStatements = devices !== undefined && method === revokeByWalletPath;
    const rule = bringsStatements ? statementRule(declared) : isExempt ? openRule(declared) : declared;
    const message = [
      ...useForMessages(recheckCaller, isStream ? recheck : undefined),
      ...useForMessages(chargeMessage, rule.costByMessage || rule.chargeMessages ? charging : undefined),
      ...useForMessages(checkCost, rule.costByMessage && !charging ? rule : undefined),
      ...useForMessages(checkOwnWallet, rule.ownWallet),
      ...useForMessages(authorizeMessage, parts.hooked(rule.authorizeMessage)),
    ];
    const lateCheck = isStream || rule.auth === 'public' ? undefined : lateRequests;
    return {
      rule,
      bringsStatements,
      call: [
        ...use(denyAddress, access.checkAddress),
        ...use(limitAddress, charging?.limits.takeBefore),
        ...use(
          rule.auth === 'required' ? authenticate : authenticateIfPresent,
          bringsStatements ? undefined : authentication,
        ),
        ...use(checkAccess, access.checkCaller),
        ...use(authorize, rule.auth === 'public' ? undefined : parts.hooked(rule.authorize)),
        ...use(chargeCall, charging),
        ...use(limitStatements, bringsStatements ? parts.statements : undefined),
        ...use(
          enterDevice,
          devices && rule.auth !== 'public' ? { devices, isExempt, limitMs: parts.authorizeTimeoutMs } : undefined,
        ),
        ...use(holdStream, isStream && rule.auth !== 'public' ? holding : undefined),
        ...use(watchStream, isStream ? sweep : undefined),
        ...use(noteTime, lateCheck),
      ],
      message,
      messageOfIdentity: [...useForMessages(recheckLate, lateCheck), ...message],
    };
  }

  /**
   * By method, which must exist: there is one for each that was ever called. A method that streams may be the rule of plain
   * requests on another transport.
   */
  const [plain, streaming] = [new Map<string, Pipeline>(), new Map<string, Pipeline>()];
  function pipelineFor({ method, stream }: IncomingCall): Pipeline {
    const pipelines = stream === undefined ? plain : streaming;
    let pipeline = pipelines.get(method);
    if (pipeline === undefined)
      pipelines.set(method, (pipeline = pipelineOf(rules.ruleOf(method), method, stream !== undefined)));
    return pipeline;
  }

  function decide(incoming: IncomingCall, authorization: AuthorizationValue): Decision | Promise<Decision> {
    const pipeline = pipelineFor(incoming);
    const call = new CallContext(incoming, authorization, pipeline.rule, parts.addresses);
    const refused = runSteps(pipeline.call, call);
    if (!(refused instanceof Promise)) return conclude(call, pipeline, refused);
    return refused.then((late) => conclude(call, pipeline, late));
  }

  function conclude(call: CallContext, pipeline: Pipeline, refused: Answer): Decision {
    if (refused !== undefined) {
      call.end();
      return { admitted: false, status: report.refused(call, 'refused', refused) };
    }
    report.admitted?.(call);
    const steps = call.identity === undefined ? pipeline.message : pipeline.messageOfIdentity;
    const checkMessage = steps.length > 0 ? messageCheck(call, steps) : undefined;
    const isPlain = call.identity === undefined && checkMessage === undefined && !call.isHeld;
    if (isPlain) return pipeline.bringsStatements ? COUNTED : ANONYMOUS;
    return {
      admitted: true,
      identity: call.visibleIdentity,
      expiresAtMs: call.identity?.expiresAtMs,
      checkMessage,
      judgesMessages: pipeline.message.length > 0 || undefined,
      lease: call.lease,
      isCounted: pipeline.bringsStatements || undefined,
      onEnd: call.isHeld ? () => call.end() : undefined,
    };
  }

  /** Concludes a call that was admitted. */
  function messageCheck(call: CallContext, steps: readonly MessageStep[]): CheckMessage {
    const conclusion = (refused: Answer) => refused && parts.ended(call, refused);
    return (message) => {
      const answer = runSteps(steps, call, message);
      call.messages++;
      return answer instanceof Promise ? answer.then(conclusion) : conclusion(answer);
    };
  }

  const gate: Gate = Object.freeze({
    curve: verifier.curve,
    get cachedTokens() {
      return verifier.cachedTokens;
    },
    get cachedDevices() {
      return verifier.cachedDevices;
    },
    get waitingTokens() {
      return authentication.queue?.waiting ?? 0;
    },
    get hardCloses() {
      return parts.hardCloses.count;
    },
    decide,
    checkRules: (registered: Iterable<ServiceShape>) => checkRules(rules, methodsOf(registered).keys()),
  });
  gates.add(gate);
  return gate;
}
