/**
 * Why an identity could not be kept or read.
 *
 * UNAVAILABLE: there is no place to keep it, or it is blocked. KEY_NOT_STORABLE: the place takes no key that cannot be exported.
 * FULL: no room. UNREADABLE: damaged, or the passphrase is wrong. UNKNOWN_VERSION: written by another version. OTHER_WALLET: it is
 * another wallet's. FAILED: all else.
 */
export type StorageErrorCode =
  | 'UNAVAILABLE'
  | 'KEY_NOT_STORABLE'
  | 'FULL'
  | 'UNREADABLE'
  | 'UNKNOWN_VERSION'
  | 'OTHER_WALLET'
  | 'FAILED';

/**
 * An identity could not be kept or read. What explains it is the `cause`.
 * @example
 * import { indexedDbStorage, StorageError } from 'grpc-wallet-auth/storage';
 *
 * const onError = (problem: StorageError) => console.warn(problem.code, problem.message);
 * const storage = indexedDbStorage({ onError });
 */
export class StorageError extends Error {
  /** What happened, for programs. */
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StorageError';
    this.code = code;
  }
}
