import { RevocationsFull } from '../../devices/revocation/revocations.js';

/** Pause between attempts, in milliseconds. */
const PAUSE_MS = 100;

/** What time does not mend. */
const FINAL = /NOPERM|NOAUTH|WRONGPASS|WRONGTYPE|user executing the script/;

/** The keys are those of another version of this library. */
export class UnknownVersion extends Error {
  override readonly name = 'UnknownVersion';
}

/**
 * Tries again until it works or the time is up; at once not, where that would not help.
 * @returns a promise that rejects with an error that names the last one as its cause, or with the one that is final.
 */
export async function openInTime(limitMs: number, open: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (error instanceof RevocationsFull || error instanceof UnknownVersion) throw error;
      const isFinal = FINAL.test(messageOf(error));
      if (isFinal || performance.now() + PAUSE_MS > endMs) {
        const why = isFinal ? 'Redis refuses this client' : `Redis could not be read within ${limitMs} ms`;
        throw new Error(`redisDevices: ${why}: ${messageOf(error)}`, { cause: error });
      }
      await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
