import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { quantile, ratioOf } from '../pairs.js';
import { line } from '../table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ROUNDS = 15;
const GRPC_JS = '@grpc/grpc-js';

/** What a program imports, beside what it would import without this package. */
const PROGRAMS = {
  './grpc': { before: GRPC_JS, entry: 'grpc-wallet-auth/grpc', reach: { amountAtMost: 50 } },
  './http': { entry: 'grpc-wallet-auth/http' },
  './client': { entry: 'grpc-wallet-auth/client' },
};

/** What an import adds to the start of a program: CPU time, in processes of their own that take turns. */
export const rows = {
  async start() {
    const series = Object.fromEntries(Object.keys(PROGRAMS).map((name) => [name, []]));
    const grpcJs = [];
    for (let round = 0; round < ROUNDS; round++) {
      grpcJs.push(await importMs(GRPC_JS));
      for (const [name, { before, entry }] of Object.entries(PROGRAMS))
        series[name].push(await importMs(entry, before));
    }
    return Object.entries(PROGRAMS).map(([name, { before, reach }]) => {
      const figures = { ...ratioOf(series[name], grpcJs), amount: quantile(series[name], 0.5), unit: 'ms' };
      return line(`import of ${name}${before ? ` after ${before}` : ''}`, `import of ${GRPC_JS}`, figures, reach);
    });
  },
};

/** CPU time that one import takes in a new process, after another one. */
async function importMs(entry, before) {
  const program = `${before ? `await import('${before}');` : ''}
    const start = process.cpuUsage();
    await import('${entry}');
    const { user, system } = process.cpuUsage(start);
    console.log((user + system) / 1e3);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: root });
  return Number(stdout);
}
