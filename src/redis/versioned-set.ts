import type { Send } from './redis-client.js';
import { redisScript } from './redis-script.js';

/** What is read of a set at every poll: little, however large it is. */
export interface SetState {
  /** Grows with every announced change; nothing if none was ever announced, or the store has lost it. */
  readonly version: number | undefined;
  /** How many members it has. */
  readonly count: number;
}

/** A set in Redis whose changes are announced by a version beside it. All rejects as `Send` does. */
export interface VersionedSet {
  /** Its state, in one round trip. */
  state(): Promise<SetState>;
  /** All members, read in portions, and the version that they belong to. */
  scan(): Promise<{ readonly version: number | undefined; readonly members: ReadonlySet<string> }>;
  /**
   * Adds or removes members and announces it, atomically.
   * @param known the version that the caller knows; a store that has none, or an older one, is refused.
   * @returns how many members that changed, -1 if the store was refused.
   */
  change(command: 'SADD' | 'SREM', members: readonly string[], known: number | undefined): Promise<number>;
}

/** How many members come in one answer; taking such an answer apart costs the client about a millisecond. */
const PORTION = 1_000;
/** How often a set is read again because it changed meanwhile, before it is taken as it came. */
const MAX_SCANS = 5;

/**
 * Makes the way to a set.
 * @param key its name; its version is beside it, in the same slot of a cluster.
 * @throws TypeError if there can be no key beside it in its slot.
 */
export function versionedSet(send: Send, key: string): VersionedSet {
  const hasTag = /^[^{]*\{[^}]+\}/.test(key);
  if (!hasTag && key.includes('}')) {
    const which = JSON.stringify(key);
    throw new TypeError(`key ${which} has a } and no hash tag: no key beside it is in its slot of a cluster`);
  }
  const versionKey = hasTag ? `${key}:version` : `{${key}}:version`;
  const runChange = redisScript(send, CHANGE_SCRIPT);
  const readVersion = () => send(['GET', versionKey], versionOf);

  async function scanOnce(): Promise<Set<string>> {
    const members = new Set<string>();
    let cursor = '0';
    do {
      cursor = await send(['SSCAN', key, cursor, 'COUNT', String(PORTION)], (answer) =>
        addPortion(answer, key, members),
      );
    } while (cursor !== '0');
    return members;
  }

  return {
    async state() {
      const [version, count] = await Promise.all([readVersion(), send(['SCARD', key], countOf)]);
      return { version, count };
    },
    async scan() {
      let before = await readVersion();
      for (let scans = 1; ; scans++) {
        const members = await scanOnce();
        const version = await readVersion();
        if (version === before || scans === MAX_SCANS) return { version: before, members };
        before = version;
      }
    },
    change: (command, members, known) =>
      runChange([key, versionKey], [command, String(known ?? ''), ...members], countOf),
  };
}

/**
 * KEYS: the set, its version. ARGV: SADD or SREM; the version that the caller knows, or nothing; the members. It answers how
 * many members changed, -1 for an unknown store. The new version is the time in microseconds, or one more than the last: it
 * is greater than any before, also in a store that has lost its data.
 */
const CHANGE_SCRIPT = `
local version, known = tonumber(redis.call('GET', KEYS[2]) or ''), tonumber(ARGV[2])
if version ~= version then version = nil end
if known and (not version or version < known) then return -1 end
local changed = 0
for i = 3, #ARGV, 1000 do
  changed = changed + redis.call(ARGV[1], KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
if changed > 0 or not version then
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  redis.call('SET', KEYS[2], string.format('%.0f', math.max(now, (version or 0) + 1)))
end
return changed
`;

function countOf(answer: unknown): number {
  if (/^-?\d+$/.test(String(answer))) return Number(answer);
  throw new Error('Redis answered no number');
}

function versionOf(answer: unknown): number | undefined {
  const text = String(answer);
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** @returns the cursor of the next portion. */
function addPortion(answer: unknown, key: string, members: Set<string>): string {
  const [cursor, portion] = Array.isArray(answer) ? (answer as unknown[]) : [];
  if (!Array.isArray(portion)) throw new Error(`redisList: ${key} brought no list`);
  for (const member of portion) members.add(String(member));
  return String(cursor);
}
