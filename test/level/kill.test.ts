import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// the package that is not bundled is found from there
const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

let folder: string;
let moduleUrl: string;
beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  folder = mkdtempSync(join(CACHE, 'level-'));
  const outfile = join(folder, 'level.mjs');
  const entryPoints = [fileURLToPath(new URL('../../src/level/index.ts', import.meta.url))];
  const format = { bundle: true, format: 'esm', platform: 'node', packages: 'external', logLevel: 'error' } as const;
  await build({ entryPoints, outfile, ...format });
  moduleUrl = pathToFileURL(outfile).href;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('kill -9', { timeout: 60_000 }, () => {
  it('before, during, after and between writes loses no acknowledged revocation, confirmation or row, and revives none', async () => {
    const chaos = '../../scripts/chaos/level.mjs';
    const { run } = (await import(chaos)) as { run: (rounds: number, options: object) => Promise<Outcome> };
    const { devices, killed } = await run(12, { moduleUrl });
    expect(killed).toEqual({ before: 3, during: 3, after: 3, outside: 3 });
    expect(devices).toBeGreaterThan(0);
  });
});

interface Outcome {
  readonly devices: number;
  readonly killed: Readonly<Record<string, number>>;
}
