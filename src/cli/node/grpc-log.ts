import { logVerbosity, setLogger, setLogVerbosity } from '@grpc/grpc-js';

/** What may be a token, or a part of one. */
const LONG_WORD = /[\w+/=-]{32,}/g;

/**
 * Keeps tokens out of grpc-js's own log, which quotes a header that it cannot take. It says nothing unless the environment
 * variable GRPC_VERBOSITY asks for it, and then no word that is long enough for a token.
 */
export function guardGrpcLog(): void {
  if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);
  const say = (...parts: unknown[]) => console.error(...parts.map(shortened));
  setLogger({ error: say, info: say, debug: say });
}

function shortened(part: unknown): string {
  return String(part).replaceAll(LONG_WORD, '[...]');
}
