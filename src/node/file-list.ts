import { readFileSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

import { compileList, type AccessList } from '../gate/access/access-list.js';
import { FollowedList } from '../gate/access/followed-list.js';
import { integer, knownOptions, optionalFunction } from '../options.js';

/** How a file is followed. */
export interface FileListOptions {
  /** Called with the list's size after every edit that was taken. Default: nothing is called. */
  onChange?: ((size: number) => void) | undefined;
  /**
   * Called, once for each edit, when the file cannot be taken, with its line where there is one; the list stays as it was.
   * Default: a process warning.
   */
  onError?: ((error: Error) => void) | undefined;
  /** How often the file's state is looked at, beside the system's own notices, in milliseconds. 10 to 3 600 000 (an hour). Default 2 000 (two seconds). */
  pollMs?: number | undefined;
}

/** A list that follows a file. */
export interface FileList extends AccessList {
  /** Stops following; the list stays as it is. Following does not keep the process alive. */
  close(): void;
}

/** How long a file must be quiet before it is read, in milliseconds: editors write in several steps. */
const QUIET_MS = 50;

/**
 * Makes a list of the entries in a file, one a line; empty lines and what follows a `#` do not count. Edits are taken as they
 * come, all or nothing: an edit with one wrong line, an unreadable file and a file of no bytes leave the last good list in
 * force. (An empty list has a comment in it.) Write a new file and rename it over the old one, so that no half is read.
 * @throws TypeError if the first reading fails, or an option is wrong.
 * @example
 * import { createGate } from 'grpc-wallet-auth/gate';
 * import { fileList } from 'grpc-wallet-auth/node';
 *
 * const denied = fileList('/etc/node/denied.txt', { onError: (error) => console.error(error.message) });
 * const gate = createGate({ access: { deny: denied } });
 */
export function fileList(path: string, options: FileListOptions = {}): FileList {
  if (typeof path !== 'string' || path === '') throw new TypeError('fileList: path must be the name of a file');
  knownOptions(options, ['onChange', 'onError', 'pollMs']);
  const hooks = {
    onChange: optionalFunction('onChange', options.onChange) ?? (() => undefined),
    onError: optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error)),
  };
  const pollMs = integer('pollMs', options.pollMs, 2_000, 10, 3_600_000);

  const state = stateOf(path);
  let text: string | undefined = readText(path);
  const list = new FollowedList(readList(path, text), hooks);
  const stop = followFile(path, state, pollMs, () => {
    const before = text;
    try {
      text = undefined;
      text = readText(path);
      if (text !== before) list.take(readList(path, text));
    } catch (error) {
      if (text !== before) list.keep(error);
    }
  });
  return Object.assign(list, { close: stop });
}

/** Reads entries, one a line. @throws TypeError naming the file and the line that is wrong. */
function readList(path: string, text: string): AccessList {
  if (text === '') throw new TypeError(`fileList: ${path} is empty; an empty list has a comment in it`);
  const lines = text.split('\n').map((line, index) => ({ entry: line.replace(/#.*/, '').trim(), number: index + 1 }));
  const declared = lines.filter(({ entry }) => entry !== '');
  return compileList(
    declared.map(({ entry }) => entry),
    (index) => `fileList: ${path}:${declared[index]?.number}`,
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TypeError(`fileList: cannot read ${path}`, { cause });
  }
}

/**
 * Calls when a file was changed and then quiet for a while.
 * @param state of the file when it was read.
 * @returns stops following.
 */
function followFile(path: string, state: string, pollMs: number, onEdit: () => void): () => void {
  let lastState = state;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    clearTimeout(quiet);
    quiet = setTimeout(onEdit, QUIET_MS);
    quiet.unref();
  };
  const poll = setInterval(() => {
    const now = stateOf(path);
    if (now === lastState) return;
    lastState = now;
    soon();
  }, pollMs);
  poll.unref();
  const unwatch = watchFolder(path, soon);
  return () => {
    clearInterval(poll);
    clearTimeout(quiet);
    unwatch();
  };
}

/** What changes when a file does; empty if it cannot be looked at. */
function stateOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
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
