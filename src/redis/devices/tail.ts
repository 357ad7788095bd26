import { withTimeLimit } from '../../time-limit.js';
import { readEntries, type LogEntry } from './answers.js';
import type { Reader } from './reader.js';

/** Reads a log as it grows, on a connection of its own, until it is stopped. */
export interface Tail {
  /** Reads on from where it should, at once, by a new connection: for a log that begins anew. */
  restart(): void;
  stop(): void;
}

/** What a tail is made of. Nothing here rejects. */
export interface TailParts {
  readonly log: string;
  /** The first connection. */
  readonly reader: Reader;
  /** Makes another. */
  connect(): Promise<Reader>;
  /** How long an answer may take beyond the time that it waits for news. */
  readonly timeoutMs: number;
  /** Resolves when the log may be read: at once, but for a repair. */
  ready(): Promise<unknown>;
  /** From which number to read. */
  position(): number;
  /** Takes what came after the position. */
  accept(entries: readonly LogEntry[]): Promise<void>;
  /** It has a connection again. */
  connected(): void;
  failed(error: unknown): void;
}

/** How long Redis waits for news before it answers that there are none. */
const BLOCK_MS = 1_000;
/** How much later than that it may be: it looks ten times a second, and less often when it has much to do. */
const LATE_MS = 500;
/** Entries in one answer. */
const COUNT = 1_000;
/** Pauses between attempts to connect, which double. */
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1_000;

/** Begins to read. */
export function tailLog(parts: TailParts): Tail {
  let reader: Reader | undefined = parts.reader;
  let isStopped = false;
  let pauseMs = MIN_PAUSE_MS;
  let stopWaiting: (() => void) | undefined;

  async function readOnce(by: Reader): Promise<void> {
    await parts.ready();
    const after = `${parts.position()}-0`;
    const command = ['XREAD', 'BLOCK', BLOCK_MS, 'COUNT', COUNT, 'STREAMS', parts.log, after].map(String);
    const limitMs = BLOCK_MS + LATE_MS + parts.timeoutMs;
    const isDropped = new Promise<never>((_, reject) => (stopWaiting = () => reject(new Error('dropped'))));
    const isRead = Promise.race([by.read(parts.log, command), isDropped]);
    const answer = await withTimeLimit(isRead, limitMs, () => new Error('the log is silent'));
    if (isStopped || by !== reader) return;
    await parts.accept(readEntries(answer));
    pauseMs = MIN_PAUSE_MS;
  }

  async function connectAgain(): Promise<void> {
    const made = await parts.connect();
    if (isStopped) return made.close();
    reader = made;
    parts.connected();
  }

  async function readOn(): Promise<void> {
    for (;;) {
      if (isStopped) return;
      const by = reader;
      try {
        await (by === undefined ? connectAgain() : readOnce(by));
      } catch (error) {
        if (isStopped || by !== reader) continue; // it was closed on purpose
        drop();
        parts.failed(error);
        await pause(pauseMs);
        pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
      }
    }
  }

  function drop(): void {
    reader?.close();
    reader = undefined;
    stopWaiting?.(); // not every client rejects what it was asked for when it is closed
  }

  void readOn();
  return {
    restart: drop,
    stop() {
      isStopped = true;
      drop();
    },
  };
}

/** It keeps no process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
