export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from '../errors.js';
export type { RetryRateLimitedOptions } from '../client/retry-options.js';
export type { Gate } from '../gate/create-gate.js';
export type { DecisionEvent } from '../gate/decision.js';
export type { WalletIdentity } from '../identity.js';
export type { RefusalDetails } from '../status-details.js';
export { authorizedFetch, type AuthorizedFetchOptions, type Fetch } from './authorized-fetch.js';
export { corsHeaders, expiryHeaders } from './headers.js';
export { refusalOf } from './problem.js';
export {
  walletAuth,
  type HttpRequest,
  type RequestHeaders,
  type RequestOptions,
  type WalletAuth,
  type WalletAuthOptions,
} from './wallet-auth.js';
