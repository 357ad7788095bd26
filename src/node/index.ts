export { fileList, type FileList, type FileListOptions } from './file-list.js';
