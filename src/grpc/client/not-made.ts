import type { Call } from './call-record.js';

/** What stands below a call that is not made yet. Every method of TokenCall does without it. */
export const NOT_MADE: Call = {
  start: () => undefined,
  sendMessageWithContext: () => undefined,
  sendMessage: () => undefined,
  startRead: () => undefined,
  halfClose: () => undefined,
  cancelWithStatus: () => undefined,
  getPeer: () => 'unknown',
  getAuthContext: () => null,
};
