import { refusal } from '../../errors.js';
import { systemTurn } from '../../next-turn.js';
import type { Timers } from '../../options.js';
import { createFairQueue } from './fair-queue.js';
import type { VerificationQueueSettings } from './queue-options.js';

/** Work on the curve that may have to wait. */
export interface CurveWork<T> {
  /** Does it. */
  run(): T;
  /** Whether nobody waits for it any more; read when its turn has come. */
  isOver(): boolean;
  /** Called if it is refused because the queue is full. */
  onFull(): void;
}

/** Shares out the time on the curve: a slice of each turn of the event loop, in turns by address. */
export interface VerificationQueue {
  /** How many tokens wait now. */
  readonly waiting: number;
  /** Whether work has to wait: others do, or the slice of this turn of the event loop is used up. */
  readonly isBusy: boolean;
  /** Does work at once, on the time of this turn. */
  runNow<T>(work: () => T): T;
  /**
   * Puts work into the queue.
   * @param address what it is counted by; work of the same address has its turns together.
   * @returns a promise of the result. It rejects with what the work throws; with RATE_LIMITED if there is no room for it, or
   *   nobody waits for it any more.
   */
  wait<T>(address: string, work: CurveWork<T>): Promise<T>;
}

/** After which time a caller for whose token there was no room may come back, in milliseconds. */
const RETRY_MS = 1_000;

/** What waits: both of its ends settle one promise. */
interface Waiting {
  run(): void;
  refuse(): void;
}

/** Makes the queue. Nothing is scheduled while the curve is not used. */
export function createVerificationQueue(
  { maxWaiting, sliceMs }: VerificationQueueSettings,
  timers: Timers,
): VerificationQueue {
  const nextTurn = timers.nextTurn ?? systemTurn;
  const queue = createFairQueue<Waiting>(maxWaiting);
  /** What is used of this turn's slice. */
  let usedMs = 0;
  let isScheduled = false;

  const isUsedUp = () => !(usedMs < sliceMs); // so that a broken clock uses it up

  function onCurve<T>(work: () => T): T {
    const startMs = timers.monotonicMs();
    try {
      return work();
    } finally {
      usedMs += timers.monotonicMs() - startMs;
    }
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    nextTurn(beginTurn);
  }

  function beginTurn(): void {
    isScheduled = false;
    usedMs = 0;
    while (queue.size > 0 && !isUsedUp()) queue.next()?.run();
    if (queue.size > 0 || usedMs !== 0) schedule();
  }

  return {
    get waiting() {
      return queue.size;
    },
    get isBusy() {
      return queue.size > 0 || isUsedUp();
    },
    runNow(work) {
      schedule();
      return onCurve(work);
    },
    wait: (address, work) =>
      new Promise((resolve, reject) => {
        const left = queue.add(address, {
          run() {
            if (work.isOver())
              return reject(refusal('RATE_LIMITED', { cause: 'the call ended while its token waited' }));
            try {
              resolve(onCurve(() => work.run()));
            } catch (error) {
              reject(error);
            }
          },
          refuse() {
            work.onFull();
            reject(fullQueue(maxWaiting));
          },
        });
        left?.refuse();
        schedule();
      }),
  };
}

function fullQueue(maxWaiting: number): Error {
  const cause = { limit: 'verificationQueue', waiting: maxWaiting };
  return refusal('RATE_LIMITED', { info: { retry_after_ms: String(RETRY_MS) }, cause });
}
