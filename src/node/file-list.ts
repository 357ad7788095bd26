import { readFileSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

import { compileList, type AccessList, type AccessSubject } from '../gate/access/access-list.js';
import { integer, knownOptions, optionalFunction, quietly } from '../options.js';

/** How a file is watched. */
export interface FileListOptions {
  /** Told after every edit that was taken. Default: nobody is told. */
  onChange?: ((size: number) => void) | undefined;
  /**
   * Told, once for each edit, that the file cannot be taken, with its line where there is one; the list stays as it was.
   * Default: a process warning.
   */
  onError?: ((error: Error) => void) | undefined;
  /** How often the file's state is looked at, beside the system's own notices, in milliseconds. 10 to 3 600 000 (an hour). Default 2 000 (two seconds). */
  pollMs?: number | undefined;
}

/** A list that follows a file. */
export interface FileList extends AccessList {
  /** Stops watching; the list stays as it is. Watching does not keep the process alive. */
  close(): void;
}

/** How long a file must be quiet before it is read, in milliseconds: editors write in several steps. */
const QUIET_MS = 50;

/**
 * Makes a list of the entries in a file, one a line; empty lines and what follows a `#` do not count. Edits are taken as they
 * come, all or nothing: an edit with one wrong line, an unreadable file and a file of no bytes leave the last good list in
 * force. (A list of nobody has a comment in it.) Write a new file and rename it over the old one, so that no half is read.
 * @throws TypeError if the first reading fails, or an option is wrong.
 */
export function fileList(path: string, options: FileListOptions = {}): FileList {
  if (typeof path !== 'string' || path === '') throw new TypeError('fileList: path must be the name of a file');
  knownOptions(options, ['onChange', 'onError', 'pollMs']);
  return new FollowedFile(
    path,
    optionalFunction('onChange', options.onChange) ?? (() => undefined),
    optionalFunction('onError', options.onError) ?? ((error) => process.emitWarning(error)),
    integer('pollMs', options.pollMs, 2_000, 10, 3_600_000),
  );
}

/** Reads entries, one a line. @throws TypeError naming the file and the line that is wrong. */
function readList(path: string, text: string): AccessList {
  if (text === '') throw new TypeError(`fileList: ${path} is empty; a list of nobody has a comment in it`);
  const lines = text.split('\n').map((line, index) => ({ entry: line.replace(/#.*/, '').trim(), number: index + 1 }));
  const written = lines.filter(({ entry }) => entry !== '');
  return compileList(
    written.map(({ entry }) => entry),
    (index) => `fileList: ${path}:${written[index]?.number}`,
  );
}

class FollowedFile implements FileList {
  readonly #path: string;
  readonly #onChange: (size: number) => void;
  readonly #onError: (error: Error) => void;
  readonly #stop: () => void;
  #list: AccessList;
  /** What was read last, good or not. */
  #text: string | undefined;
  /** The state of the file when it was last looked at. */
  #state = '';
  #quiet: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string, onChange: (size: number) => void, onError: (error: Error) => void, pollMs: number) {
    this.#path = path;
    this.#onChange = onChange;
    this.#onError = onError;
    this.#state = stateOf(path);
    this.#text = readText(path);
    this.#list = readList(path, this.#text);
    const poll = setInterval(() => {
      const state = stateOf(path);
      if (state === this.#state) return;
      this.#state = state;
      this.#soon();
    }, pollMs);
    poll.unref();
    const unwatch = watchFolder(path, () => this.#soon());
    this.#stop = () => {
      clearInterval(poll);
      clearTimeout(this.#quiet);
      unwatch();
    };
  }

  get size(): number {
    return this.#list.size;
  }

  has(subject: AccessSubject): boolean {
    return this.#list.has(subject);
  }

  close(): void {
    this.#stop();
  }

  #soon(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#reload(), QUIET_MS);
    this.#quiet.unref();
  }

  #reload(): void {
    let text: string | undefined;
    try {
      text = readText(this.#path);
      if (text === this.#text) return;
      this.#list = readList(this.#path, text);
    } catch (error) {
      const isNews = text === undefined ? this.#text !== undefined : true;
      this.#text = text;
      if (isNews) quietly(() => this.#onError(error as Error));
      return;
    }
    this.#text = text;
    quietly(() => this.#onChange(this.#list.size));
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TypeError(`fileList: cannot read ${path}`, { cause });
  }
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
