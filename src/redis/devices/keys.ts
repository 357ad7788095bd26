/** The keys of one set of devices. All are in one slot of a cluster, so that a script may touch any of them. */
export interface DeviceKeys {
  /** Those that every script is given, in the order in which the scripts' prelude names them. */
  readonly shared: readonly string[];
  /** The stream that wakes nodes. */
  readonly log: string;
  /** The rows of a wallet. */
  wallet(address: string): string;
}

/**
 * | key | what it holds |
 * | --- | --- |
 * | `meta` | hash: `version`; `seq` and `tip`, number and nonce of the newest entry of the log; `birth`, a nonce of these keys; `floor`, see `rows`; `maxAgeMs`; `cleansUp` |
 * | `rev` | sorted set: what is revoked → `seq`. The truth, read by score after a gap |
 * | `known` | set: keys of devices that are in `rev` by id, so that the key alone is no news |
 * | `epoch` | hash: wallet → `<time>\|<survivor>` |
 * | `new`, `old` | sorted sets of the rows that have not ended, in the order in which they are purged: unconfirmed ones by the end of their token, confirmed ones by the later of it and when they were seen last |
 * | `due`, `dirty` | sorted sets of the rows that have ended: device → when its clean-up may be claimed, and since when it waits |
 * | `log` | stream of what changed: it wakes nodes, and may be lost |
 * | `w:<wallet>` | hash: 32 hex digits of a device's key → its row |
 */
const SHARED = ['meta', 'rev', 'known', 'epoch', 'new', 'old', 'due', 'dirty', 'log'];

/** @throws TypeError unless the prefix is a text without braces, which would end the hash tag. */
export function deviceKeys(prefix: unknown): DeviceKeys {
  if (typeof prefix !== 'string' || /[{}]/.test(prefix)) throw new TypeError('prefix must be a text without { and }');
  const tag = `{${prefix}devices}`;
  return {
    shared: SHARED.map((name) => `${tag}:${name}`),
    log: `${tag}:log`,
    wallet: (address) => `${tag}:w:${address}`,
  };
}
