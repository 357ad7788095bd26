export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from '../errors.js';
export type { RuleCoverage } from '../gate/check-rules.js';
export type { RefusalDetails } from '../gate/error-details.js';
export type { AuthorizeAnswer, CallFacts, DecisionEvent } from '../gate/options.js';
export type { AuthRule, AuthRules } from '../gate/rules.js';
export { healthRules, reflectionRules } from '../gate/well-known.js';
export type { WalletIdentity } from '../identity.js';
export { attachToken, type AttachTokenOptions } from './attach-token.js';
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
