export { AuthError, authReasons, isAuthReason, type AuthErrorOptions, type AuthReason } from '../errors.js';
export type { WalletIdentity } from '../identity.js';
export { accessList, type AccessList, type AccessSubject } from './access/access-list.js';
export type { AccessOptions } from './access/access.js';
export type { CallInfo } from './call/call.js';
export { createGate, type Gate } from './create-gate.js';
export type { DecisionEvent, GateOptions } from './options.js';
