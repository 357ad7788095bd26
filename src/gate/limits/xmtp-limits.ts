import type { LimitOptions } from './limit-options.js';

/**
 * What XMTP's documentation and its reference node give a client in five minutes: 20 000 calls and 3 000 published messages,
 * twice and four times that for priority wallets. Spread it into `limits`; methods that publish name the limit `publish` and
 * cost one point for each envelope. The reference counts by address only, this library by wallet once it is known.
 */
export const xmtpLimits = Object.freeze({
  classes: Object.freeze({
    default: Object.freeze({ points: 20_000, windowMs: 300_000, priorityFactor: 2 }),
    publish: Object.freeze({ points: 3_000, windowMs: 300_000, priorityFactor: 4 }),
  }),
}) satisfies LimitOptions;
