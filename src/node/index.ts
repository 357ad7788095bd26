export { fileList, type FileList, type FileListOptions } from './file-list.js';
export {
  authenticateIncoming,
  sendResponse,
  type HttpGate,
  type NodeHttpRequest,
  type NodeRequestOptions,
} from './incoming.js';
