export type { Address } from '../crypto/address.js';
export type { Curve, RecoverableSignature } from '../crypto/curve.js';
export { AuthError, type AuthErrorOptions, type AuthReason } from '../errors.js';
export { siweStatement, type SiweStatement } from '../token/siwe-statement.js';
export { xmtpStatement, type IdentityStatement, type Statement } from '../token/statement.js';
export { createIdentity, type IdentityOptions } from './create-identity.js';
export { createToken, type CreateTokenOptions, type TokenOptions } from './create-token.js';
export { createTokenSource, type SourceRestrictionOptions, type TokenSourceOptions } from './create-token-source.js';
export type { DeviceIdentity } from './device-identity.js';
export { exportIdentity, importIdentity, type ImportIdentityOptions } from './import-identity.js';
export { signRevocation, type RevocationOptions, type SignedRevocation } from './sign-revocation.js';
export type { RestrictionOptions } from './token-restrictions.js';
export type { GetTokenOptions, TargetOptions, TargetTokenSource, TokenSource } from './token-source.js';
export type {
  AccountWallet,
  ClientWallet,
  ProviderWallet,
  SignerWallet,
  WalletLike,
  WalletSignature,
} from './wallet/wallet-like.js';
export { discoverWallets, type DiscoveredWallet, type DiscoverOptions } from './wallet/discover-wallets.js';
export { WalletError, type WalletErrorCode } from './wallet/wallet-error.js';
export { watchAccount } from './wallet/watch-account.js';
