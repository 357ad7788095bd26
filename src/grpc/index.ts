export { authDetailsOf, authReasonOf } from '../auth-details.js';
export type { RetryRateLimitedOptions } from '../client/retry-options.js';
export type { DeviceRegistry } from '../devices/device-registry.js';
export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from '../errors.js';
export { accessList, type AccessList, type AccessSubject } from '../gate/access/access-list.js';
export type { AccessOptions } from '../gate/access/access.js';
export type { AuthRule, CallInfo } from '../gate/call/call.js';
export type { Gate } from '../gate/create-gate.js';
export type { DecisionEvent } from '../gate/decision.js';
export type { TokenEvent } from '../gate/steps/report-token.js';
export type { GateFacts } from '../gate/gate-facts.js';
export type { FailedTokenLimitOptions } from '../gate/limits/failed-token-limit.js';
export type { LimitClass, LimitOptions } from '../gate/limits/limit-options.js';
export type { LimitStore, Take } from '../gate/limits/limit-store.js';
export type { Bucket } from '../gate/limits/token-buckets.js';
export { xmtpLimits } from '../gate/limits/xmtp-limits.js';
export type { RuleCoverage, RuleReport } from '../gate/rules/check-rules.js';
export type { MethodSummary } from '../gate/rules/method-summary.js';
export type { AuthRules, RuleSource } from '../gate/rules/declared-rules.js';
export type { Authorize, AuthorizeAnswer, AuthorizeMessage, MethodPolicy, OfRequest } from '../gate/rules/policy.js';
export type { ServiceShape } from '../gate/rules/service-methods.js';
export { healthRules, reflectionRules } from '../gate/rules/well-known.js';
export type { CallLease, WalletIdentity } from '../identity.js';
export type { RefusalDetails } from '../status-details.js';
export { attachToken, type AttachTokenOptions } from './client/attach-token.js';
export { createClient, type ClientClass, type CreateClientOptions } from './client/create-client.js';
export {
  createDeviceClient,
  type DeviceClient,
  type DeviceClientOptions,
  type ListedDevice,
} from './client/device-client.js';
export type { GrpcClient } from './client/grpc-client.js';
export { authenticated, type AuthenticatedOptions } from './server/authenticated.js';
export type { AuthenticatedContext, AuthenticatedFunction } from './server/authenticated-function.js';
export { revokeByWallet, type RevokeByWalletOptions } from './client/revoke-by-wallet.js';
export { addDeviceService, type DeviceServiceOptions } from './server/device-service.js';
export { getIdentity, requireIdentity, type CallWithAuthContext } from './server/identity-of.js';
export { leaseOf } from './server/lease-of.js';
export { walletAuth, type WalletAuthInterceptor, type WalletAuthOptions } from './server/wallet-auth.js';
export {
  grpcServiceDefinition,
  type GrpcHandlers,
  type GrpcService,
  type GrpcServiceDefinition,
} from './service-definition.js';
export { serviceError, type AuthServiceError } from './status.js';
