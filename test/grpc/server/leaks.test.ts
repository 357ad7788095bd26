import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

import { fastUnderNode } from '../../support/fast-under-node.js';
import type { Leftovers } from '../../support/leak-run.js';

/** `npm run leaks` makes ten times as many. */
const full = process.env['MODE'] === 'full';
const CALLS = full ? 200_000 : 20_000;
const STREAMS = full ? 20_000 : 2_000;
const TIME_LIMIT_MS = full ? 1_200_000 : 120_000;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = `${root}reports/leak-run.mjs`;

beforeAll(async () => {
  mkdirSync(`${root}reports`, { recursive: true });
  const entryPoints = [`${root}test/support/leak-run.ts`];
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    alias: fastUnderNode,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
});

describe(`${CALLS} calls, good and bad, and ${STREAMS} cancelled streams`, () => {
  let left: Leftovers;
  beforeAll(async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--expose-gc', program, String(CALLS), String(STREAMS)]);
    left = JSON.parse(stdout) as Leftovers;
    if (full) console.log(stdout);
  }, TIME_LIMIT_MS);

  it('end, each in the way it must', () => {
    expect(left.admitted + left.refused).toBe(CALLS);
    expect(left.admitted).toBe(0.6 * CALLS);
    expect(left.cancelled).toBe(STREAMS);
  });

  it('leave the heap within 5 % of what it was after the warm-up', () => {
    expect(left.heapAfter / left.heapBefore).toBeLessThan(1.05);
  });

  it('leave no timer and no socket', () => {
    expect(left.resourcesAfter).toEqual(left.resourcesBefore);
  });

  it('give Node no reason to warn, as of too many listeners', () => {
    expect(left.warnings).toEqual([]);
  });
});
