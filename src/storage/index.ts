export { type IdentityStorage } from './identity-storage.js';
export { indexedDbStorage, type IndexedDbOptions } from './indexed-db/indexed-db-storage.js';
export { memoryStorage } from './memory-storage.js';
export { createSession } from './session/create-session.js';
export { SessionError, type SessionErrorCode } from './session/session-error.js';
export type { SessionOptions } from './session/session-options.js';
export type { LoginOptions, Session, SessionStatus } from './session/session.js';
export { StorageError, type StorageErrorCode } from './storage-error.js';
