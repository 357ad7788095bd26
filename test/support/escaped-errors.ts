import { setImmediate } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';

/**
 * Fails a test in which an error escaped from everybody's hands: in a process without listeners it would end the process. To be
 * called once in a file, before its tests.
 */
export function failOnEscapedErrors(): void {
  const escaped: unknown[] = [];
  const note = (error: unknown) => void escaped.push(error);
  beforeAll(() => {
    process.on('unhandledRejection', note);
    process.on('uncaughtException', note);
  });
  afterAll(() => {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  });
  // comes last: what a test registers to be run when it has finished, such as the end of its node, is run before this
  beforeEach(() => {
    onTestFinished(async () => {
      for (let turns = 0; turns < 3; turns++) await setImmediate(); // Node tells of unhandled rejections after the microtasks
      if (escaped.length > 0) throw new AggregateError(escaped.splice(0), 'errors escaped');
    });
  });
}
