import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import type { AccessList } from '../gate/access/access-list.js';
import { FollowedList, type ListVersion } from '../gate/access/followed-list.js';
import { integer, knownOptions, optionalFunction } from '../options.js';
import { followFile, stateOf } from './follow-file.js';

/** How a file is followed. */
export interface FileListOptions {
  /** Called with the list's size after every change. Default: nothing is called. */
  onChange?: ((size: number) => void) | undefined;
  /**
   * Called, once for each edit, when the file cannot be taken, with its line where there is one; the list stays as it was.
   * Default: a process warning.
   */
  onError?: ((error: Error) => void) | undefined;
  /** How often the file's state is looked at, beside the system's own notices, in milliseconds. 10 to 3 600 000 (an hour). Default 2 000 (two seconds). */
  pollMs?: number | undefined;
  /** How long an edited file must have been still before it is read, in milliseconds: editors and copies write in several steps. 10 to 60 000 (a minute). Default 500 (half a second). */
  stillMs?: number | undefined;
}

/** A list that follows a file. */
export interface FileList extends AccessList {
  /** Stops following; the list stays as it is. Following does not keep the process alive. */
  close(): void;
}

/**
 * Makes a list of the entries in a file, one a line; blank lines and what follows a `#` do not count. Edits are taken as they
 * come, all or nothing: an edit with one wrong line, an unreadable file and a file with neither an entry nor a comment leave the
 * last good list in force. (An empty list has a comment in it.) A long edit is read in slices, so that calls go on meanwhile.
 * Write a new file and rename it over the old one, so that no half is read, however slowly it is written.
 * @throws TypeError if the first reading fails, or an option is wrong.
 * @example
 * ```ts
 * import { createGate } from 'grpc-wallet-auth/gate';
 * import { fileList } from 'grpc-wallet-auth/node';
 *
 * const denied = fileList('/etc/node/denied.txt', { onError: (error) => console.error(error.message) });
 * const gate = createGate({ access: { deny: denied } });
 * ```
 */
export function fileList(path: string, options: FileListOptions = {}): FileList {
  if (typeof path !== 'string' || path === '') throw new TypeError('fileList: path must be the name of a file');
  knownOptions(options, ['onChange', 'onError', 'pollMs', 'stillMs']);
  const hooks = {
    onChange: optionalFunction('onChange', options.onChange) ?? (() => undefined),
    onError: optionalFunction('onError', options.onError) ?? ((error: Error) => process.emitWarning(error)),
  };
  const pollMs = integer('pollMs', options.pollMs, 2_000, 10, 3_600_000);
  const stillMs = integer('stillMs', options.stillMs, 500, 10, 60_000);

  const firstState = stateOf(path);
  /** What was read last, good or not; nothing if it could not be read. */
  let lastText: string | undefined = readFirst(path);
  const list = new FollowedList(hooks, versionOf(path, lastText));

  async function reload(isStill: () => boolean): Promise<boolean> {
    const read = await readFile(path, 'utf8').catch((cause: unknown) => unreadable(path, cause));
    if (!isStill()) return false;
    const text = typeof read === 'string' ? read : undefined;
    if (text === lastText) return text !== undefined;
    lastText = text;
    try {
      if (typeof read !== 'string') throw read;
      await list.take(versionOf(path, read));
    } catch (error) {
      list.keep(error);
    }
    return text !== undefined;
  }

  return list.attach(followFile(path, firstState, { pollMs, stillMs }, reload));
}

/** @throws TypeError if there is neither an entry nor a comment. */
function versionOf(path: string, text: string): ListVersion {
  if (!/\S/.test(text)) throw new TypeError(`fileList: ${path} is empty; an empty list has a comment in it`);
  return { entries: entriesIn(text), nameOf: (index) => `fileList: ${path}:${index + 1}` };
}

/** @yields the entry in each line, or nothing. */
function* entriesIn(text: string): Generator<string> {
  for (let start = 0; start <= text.length;) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end === -1 ? undefined : end);
    yield line.replace(/#.*/, '').trim();
    if (end === -1) return;
    start = end + 1;
  }
}

function readFirst(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): TypeError {
  return new TypeError(`fileList: cannot read ${path}`, { cause });
}
