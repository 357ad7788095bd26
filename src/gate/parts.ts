import { bytes } from '#bytes';
import { fastestCurve } from '#curves';
import { fastestKeccak } from '#keccak';

import { insideOf } from '../devices/inside.js';
import { createLeases } from '../devices/leases/leases.js';
import type { NodeDevices } from '../devices/node/node-devices.js';
import type { AuthError } from '../errors.js';
import type { RefusalStatus } from '../status-details.js';
import { MAX_AGE_MS } from '../verify/options.js';
import { createStagedVerifier, type StagedVerifier } from '../verify/staged-verifier.js';
import { serverTools } from '../verify/tools.js';
import { warn } from '../warn.js';
import { createAccess, type Access } from './access/access.js';
import { createAddressReader, type AddressReader } from './call/client-address.js';
import { noAddressWarning, warningReader } from './call/no-address.js';
import { createFailedTokenLimit } from './limits/failed-token-limit.js';
import { createLimits } from './limits/limits.js';
import { createStatementLimit, type StatementLimit } from './limits/statement-limit.js';
import { gateSettings, verifierOptions, type GateOptions, type GateSettings } from './options.js';
import { createVerificationQueue } from './queue/verification-queue.js';
import { createReporter, type Reporter } from './report.js';
import { checkLimits } from './rules/check-limits.js';
import { checkRules } from './rules/check-rules.js';
import { checkDemands, demandsOf } from './rules/require.js';
import { compileRules, type RuleTable } from './rules/rule-table.js';
import { methodsOf } from './rules/service-methods.js';
import { warnUnlimited } from './rules/warn-unlimited.js';
import { presenting, renewing, type Authentication, type NoteIdentity } from './steps/authenticate.js';
import type { Hook } from './steps/authorize.js';
import type { Charging } from './steps/charge.js';
import { createHardCloses, type HardCloses } from './steps/hard-close.js';
import type { Holding } from './steps/hold-stream.js';
import type { CallContext } from './steps/pipeline.js';
import type { LateCheck } from './steps/recheck-late.js';
import { createSweep, recheckOf, type Recheck, type Sweep } from './steps/recheck.js';
import { reporting } from './steps/report-token.js';
import { limitFailures, measured, stagesOf } from './steps/token-stages.js';

/** What a gate is made of: everything that its steps need, and `undefined` for what is not configured. */
export interface GateParts {
  readonly rules: RuleTable;
  readonly verifier: StagedVerifier;
  readonly report: Reporter;
  /** The answer to a call that ends after it was admitted, and what sees to it that the call is gone then. */
  ended(call: CallContext, error: AuthError): RefusalStatus;
  readonly hardCloses: HardCloses;
  readonly addresses: AddressReader;
  readonly access: Access;
  readonly charging: Charging | undefined;
  readonly devices: NodeDevices | undefined;
  readonly statements: StatementLimit;
  readonly authorizeTimeoutMs: number;
  /** Verifies tokens, with all that hangs on that. */
  readonly authentication: Authentication;
  readonly holding: Holding;
  readonly recheck: Recheck | undefined;
  readonly sweep: Sweep | undefined;
  readonly lateRequests: LateCheck;
  /** A hook with its time limit. */
  hooked<F>(hook: F | undefined): Hook<F> | undefined;
}

/**
 * Makes the parts of a gate, and checks them against each other.
 * @throws TypeError naming the option that is wrong.
 */
export function gateParts(options: GateOptions): GateParts {
  const settings = gateSettings(options);
  const { services, authorizeTimeoutMs: timeoutMs, onDecision, nowMs, timers } = settings;
  const methods = methodsOf(services ?? []);
  const { authorize, demands } = settings;
  const rules = compileRules(options.rules, { methods, authorize, demands });
  checkDemands('require', demands, options);
  for (const { pattern, policy } of rules.declared) {
    const name = `rules[${JSON.stringify(pattern)}].require`;
    checkDemands(name, demandsOf(name, policy.require), options);
  }
  if (services) checkRules(rules, methods.keys());
  const curve = options.curve === undefined ? fastestCurve() : options.curve;
  const verifier = createStagedVerifier({ ...verifierOptions(options), curve }, serverTools(fastestKeccak(), bytes));
  const report = createReporter({ onDecision, nowMs, curve: verifier.curve });
  const access = createAccess(options.access);
  const limits = options.limits === undefined ? undefined : createLimits(options.limits, nowMs);
  checkLimits(rules, services && methods.keys(), limits);
  if (limits === undefined) warnUnlimited(rules, methods.keys());

  const devices = options.devices === undefined ? undefined : insideOf(options.devices);
  void warnOfOtherAge(devices, options.maxAgeMs ?? MAX_AGE_MS);
  const hardCloses = createHardCloses(timers, () => devices?.countHardClose());
  function ended(call: CallContext, error: AuthError): RefusalStatus {
    if (call.hasEnded) return report.statusOf(error); // while one of its messages was decided about
    call.hasEnded = true;
    if (call.incoming.stream) hardCloses.watch(call.incoming.stream);
    return report.refused(call, 'ended', error);
  }
  const endCall = (call: CallContext, error: AuthError) => call.incoming.stream?.end(ended(call, error));
  const recheck = recheckOf(access, options.isRevoked);
  return {
    rules,
    verifier,
    report,
    addresses: warningReader(createAddressReader(options.trustedProxies), noAddressWarning(options)),
    access,
    charging: limits && { limits, hasPriority: access.hasPriority },
    devices,
    statements: createStatementLimit(nowMs),
    authorizeTimeoutMs: timeoutMs,
    ...tokenParts(options, settings, verifier, devices, endCall),
    ended,
    hardCloses,
    recheck,
    sweep: recheck && createSweep({ everyMs: settings.streamRecheckMs, timers, recheck, endCall }),
    lateRequests: {
      afterMs: settings.streamRecheckMs,
      graceMs: devices?.graceMs ?? settings.graceMs,
      nowMs,
      devices,
      recheck,
    },
    hooked: (hook) => hook && { hook, timeoutMs },
  };
}

/** Nodes with other lives of tokens do not agree when a device lapses. */
async function warnOfOtherAge(devices: NodeDevices | undefined, maxAgeMs: number): Promise<void> {
  const otherMs = await devices?.agree(maxAgeMs);
  if (otherMs === undefined) return;
  const which = `maxAgeMs is ${maxAgeMs} here, and another node of the same devices has ${otherMs}`;
  warn(`${which}: they do not agree when a device lapses`, 'WALLET_AUTH_MAX_AGE');
}

/** What a token is good for beside the call that it came with: its device, and the streams that live on it. */
function tokenParts(
  { failedTokenLimit }: GateOptions,
  { graceMs, nowMs, timers, onDecision, onToken, verificationQueue }: GateSettings,
  verifier: StagedVerifier,
  devices: NodeDevices | undefined,
  endCall: Holding['endCall'],
): Pick<GateParts, 'authentication' | 'holding'> {
  const plain = onDecision ? measured(stagesOf(verifier)) : stagesOf(verifier);
  const stages =
    failedTokenLimit === undefined ? plain : limitFailures(plain, createFailedTokenLimit(failedTokenLimit, nowMs));
  const queue = verificationQueue && createVerificationQueue(verificationQueue, timers);
  const reported = (note: NoteIdentity) => (onToken ? reporting(note, onToken) : note);
  if (devices) {
    const holding = { leases: devices, endCall, revokes: true };
    return { authentication: { stages, queue, note: reported(presenting(devices)) }, holding };
  }
  const leases = createLeases({ graceMs, nowMs, timers });
  const holding = { leases, endCall, revokes: false };
  return { authentication: { stages, queue, note: reported(renewing(leases)) }, holding };
}
