import { statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** When a file that changed is read. */
export interface FollowFileOptions {
  /** How often its state is looked at, in milliseconds. */
  readonly pollMs: number;
  /** How long it must have been still, in milliseconds. */
  readonly stillMs: number;
}

/**
 * Calls whenever a file was changed and has been still since: its state was the same at two looks. Calls do not overlap. Nothing
 * of it keeps the process alive.
 * @param firstState of the file when it was read first.
 * @param onStill reads the file; it must not reject. It answers whether the file was read: one that was not is tried again at
 *   every poll.
 * @returns stops following.
 */
export function followFile(
  path: string,
  firstState: string,
  { pollMs, stillMs }: FollowFileOptions,
  onStill: (isStill: () => boolean) => Promise<boolean>,
): () => void {
  /** The file's state when it was read last; nothing if it could not be read. */
  let readState: string | undefined = firstState;
  let isBusy = false;
  let isClosed = false;

  async function look(): Promise<void> {
    if (isBusy || stateOf(path) === readState) return;
    isBusy = true;
    let state: string;
    do {
      state = stateOf(path);
      await rest(stillMs);
      if (isClosed) return;
      if (stateOf(path) !== state) continue;
      const wasRead = await onStill(() => stateOf(path) === state);
      readState = wasRead ? state : undefined;
    } while (stateOf(path) !== state);
    isBusy = false;
  }

  const poll = setInterval(() => void look(), pollMs);
  poll.unref();
  const unwatch = watchFolder(path, () => void look());
  return () => {
    isClosed = true;
    clearInterval(poll);
    unwatch();
  };
}

/** What changes when a file does; empty if it cannot be looked at. */
export function stateOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return '';
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/**
 * Notices of the system where it gives any; without them the file is polled alone. The folder is watched, because a file that
 * is renamed over another is a new one; names that begin with two dots are how Kubernetes swaps a mounted folder.
 */
function watchFolder(path: string, onEvent: () => void): () => void {
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === null || name === basename(path) || name.startsWith('..')) onEvent();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
