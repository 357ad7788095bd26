import { untilAborted } from '../../client/abort.js';

/** The Web Locks of a browser: they hold for all tabs of an origin, and end with the tab that has one. */
interface LockManager {
  request<T>(name: string, options: { signal: AbortSignal }, run: () => Promise<T>): Promise<T>;
}

/** Where there are no Web Locks: what has to end first, by the lock's name, in this page. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Runs something while nothing else runs under the same name: in all tabs of this origin, or, without Web Locks, in this page.
 * @param signal ends the wait for the lock.
 * @throws the signal's reason, or what `run` throws.
 */
export async function withPromptLock<T>(name: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {};
  if (locks === undefined) return inThisPage(name, signal, run);
  let hasRun = false;
  const once = () => {
    hasRun = true;
    return run();
  };
  try {
    return await locks.request(`grpc-wallet-auth ${name}`, { signal }, once);
  } catch (error) {
    if (hasRun || signal.aborted) throw error;
    return inThisPage(name, signal, run); // pages without an origin have locks that refuse
  }
}

async function inThisPage<T>(name: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const before = queues.get(name);
  const mine = (async () => {
    if (before !== undefined) await untilAborted(() => before, signal);
    return run();
  })();
  const settled = Promise.allSettled([before, mine]);
  queues.set(name, settled);
  void settled.then(() => queues.get(name) === settled && queues.delete(name));
  return mine;
}
