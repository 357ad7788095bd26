export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from '../errors.js';
export { accessList, type AccessList, type AccessSubject } from '../gate/access/access-list.js';
export type { AccessOptions } from '../gate/access/access.js';
export type { CallInfo } from '../gate/call/call.js';
export type { RuleCoverage } from '../gate/rules/check-rules.js';
export type { RefusalDetails } from '../status-details.js';
export type { LimitStore, Take } from '../gate/limits/limit-store.js';
export type { LimitClass, LimitOptions } from '../gate/limits/limits.js';
export type { DecisionEvent } from '../gate/options.js';
export type {
  Authorize,
  AuthorizeAnswer,
  AuthorizeMessage,
  AuthRule,
  MethodPolicy,
  OfRequest,
} from '../gate/rules/policy.js';
export type { Bucket } from '../gate/limits/token-buckets.js';
export { healthRules, reflectionRules } from '../gate/rules/well-known.js';
export type { AuthRules, RuleSource } from '../gate/rules/written-rules.js';
export { xmtpLimits } from '../gate/limits/xmtp-limits.js';
export type { WalletIdentity } from '../identity.js';
export { attachToken, type AttachTokenOptions, type RetryRateLimitedOptions } from './client/attach-token.js';
export { createClient, type ClientClass, type CreateClientOptions } from './client/create-client.js';
export type { GrpcClient } from './client/grpc-client.js';
export { getIdentity, requireIdentity, type CallWithAuthContext } from './server/identity-of.js';
export {
  grpcServiceDefinition,
  type GrpcHandlers,
  type GrpcService,
  type GrpcServiceDefinition,
} from './service-definition.js';
export { authDetailsOf, authReasonOf, serviceError, type AuthServiceError } from './status.js';
export { walletAuth, type WalletAuthInterceptor, type WalletAuthOptions } from './server/wallet-auth.js';
