export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from '../errors.js';
export { accessList, type AccessList, type AccessSubject } from '../gate/access-list.js';
export type { AccessOptions } from '../gate/access.js';
export type { CallFacts } from '../gate/call-facts.js';
export type { RuleCoverage } from '../gate/check-rules.js';
export type { RefusalDetails } from '../gate/error-details.js';
export type { LimitStore, Take } from '../gate/limit-store.js';
export type { LimitClass, LimitOptions } from '../gate/limits.js';
export type { DecisionEvent } from '../gate/options.js';
export type {
  Authorize,
  AuthorizeAnswer,
  AuthorizeMessage,
  AuthRule,
  MethodPolicy,
  OfRequest,
} from '../gate/policy.js';
export type { Bucket } from '../gate/token-buckets.js';
export { watchedList, type WatchedList, type WatchedListOptions } from '../gate/watched-list.js';
export { healthRules, reflectionRules } from '../gate/well-known.js';
export type { AuthRules, RuleSource } from '../gate/written-rules.js';
export { xmtpLimits } from '../gate/xmtp-limits.js';
export type { WalletIdentity } from '../identity.js';
export { attachToken, type AttachTokenOptions, type RetryRateLimitedOptions } from './attach-token.js';
export { createClient, type ClientClass, type CreateClientOptions } from './create-client.js';
export type { GrpcClient } from './grpc-client.js';
export { getIdentity, requireIdentity, type CallWithAuthContext } from './identity-of.js';
export {
  grpcServiceDefinition,
  type GrpcHandlers,
  type GrpcService,
  type GrpcServiceDefinition,
} from './service-definition.js';
export { authDetailsOf, authReasonOf } from './status.js';
export { walletAuth, type WalletAuthInterceptor, type WalletAuthOptions } from './wallet-auth.js';
