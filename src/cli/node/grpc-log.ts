import { logVerbosity, setLogger, setLogVerbosity } from '@grpc/grpc-js';

/** A possible token, or a part of one. */
const LONG_WORD = /[\w+/=-]{32,}/g;

/**
 * Keeps tokens out of grpc-js's own log, which quotes a header that it cannot parse: the log is off unless the environment
 * variable GRPC_VERBOSITY is set, and then every run of 32 or more characters of base64 is replaced.
 */
export function guardGrpcLog(): void {
  if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);
  const print = (...parts: unknown[]) => console.error(...parts.map(shortened));
  setLogger({ error: print, info: print, debug: print });
}

function shortened(part: unknown): string {
  return String(part).replaceAll(LONG_WORD, '[...]');
}
