/** What may be there to warn by: a process in Node, Deno and Bun, a console nearly everywhere. */
interface Host {
  readonly process?: { emitWarning?(message: string, options: { readonly type: string; readonly code: string }): void };
  readonly console?: { warn(message: string): void };
}

/**
 * Warns whoever runs the program: a process warning, or a line on the console of runtimes that have no such thing.
 * @param code what to silence or look for it by, such as `WALLET_AUTH_NO_LIMITS`.
 */
export function warn(message: string, code: string): void {
  const { process, console } = globalThis as Host;
  if (typeof process?.emitWarning === 'function') process.emitWarning(message, { type: 'Warning', code });
  else console?.warn(`${code}: ${message}`);
}
