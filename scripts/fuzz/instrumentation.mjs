import { readFile } from 'node:fs/promises';

import { transform } from 'esbuild';
import { createInstrumenter } from 'istanbul-lib-instrument';

const VARIABLE = 'coverageOfReaders';

/** An esbuild plugin that counts what runs in the two readers, and in the wire reader that they stand on. */
export const instrumentation = {
  name: 'instrumentation',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/token\/[^/]+\.ts$|\/wire\/[^/]+\.js$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: path.endsWith('.ts') ? 'ts' : 'js' });
      const instrumenter = createInstrumenter({ esModules: true, compact: true, coverageVariable: VARIABLE });
      return { contents: instrumenter.instrumentSync(code, path), loader: 'js' };
    });
  },
};

/** The counters of an instrumented module that was loaded: one list for each thing that is counted. */
export function countersOf(scope) {
  const files = Object.values(scope[VARIABLE]);
  return files.flatMap(({ s, b }) => [
    ...Object.keys(s).map((key) => ({ read: () => s[key], reset: () => (s[key] = 0) })),
    ...Object.values(b).flatMap((arms) => arms.map((_, i) => ({ read: () => arms[i], reset: () => (arms[i] = 0) }))),
  ]);
}
