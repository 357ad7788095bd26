export { encryptedFileStorage, type EncryptedFileOptions } from './encrypted-file-storage.js';
export { fileList, type FileList, type FileListOptions } from './file-list.js';
export {
  authenticateIncoming,
  sendResponse,
  type HttpGate,
  type NodeHttpRequest,
  type NodeRequestOptions,
} from './incoming.js';
export type { IdentityStorage } from '../storage/identity-storage.js';
export { StorageError, type StorageErrorCode } from '../storage/storage-error.js';
