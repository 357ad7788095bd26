export type { Address } from './crypto/address.js';
export type { Curve, RecoverableSignature } from './crypto/curve.js';
export { nobleCurve } from './crypto/noble-curve.js';
export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from './errors.js';
export type { WalletIdentity } from './identity.js';
export type { AuthorizationValue } from './token/bearer.js';
export { decodeToken } from './token/decode-token.js';
export type {
  AuthDataFields,
  IdentityKeyFields,
  RestrictionFields,
  SignatureFields,
  TokenFields,
} from './token/fields.js';
export { siweStatement, type SiweStatement } from './token/siwe-statement.js';
export { xmtpStatement, type IdentityStatement, type Statement } from './token/statement.js';
export type { ChallengeOptions } from './verify/challenge.js';
export { createVerifier, type Verifier } from './verify/create-verifier.js';
export { inspectToken, type TokenInspection } from './verify/inspect-token.js';
export type { VerifierOptions } from './verify/options.js';
