import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const BROKEN = `() => { throw new Error('broken'); }`;

let dir: string;
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs one test file under the reporter. @returns the closing line, and what the run exited with. */
function run(test: string, others: Record<string, string> = {}): [string | undefined, number | null] {
  dir = mkdtempSync(join(tmpdir(), 'reporter-'));
  const files = { 'one.test.mjs': `import { afterAll, beforeAll, describe, it } from 'vitest';\n${test}`, ...others };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const args = ['run', '--root', dir, `--reporter=${join(root, 'scripts/reporter.mjs')}`];
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/vitest'), args, { encoding: 'utf8' });
  return [/^\d+ passed.*$/gm.exec(stdout)?.[0], status];
}

it.each([
  ['all tests passed', `it('a', () => {});`, '1 passed, 0 failed', 0],
  ['a test failed', `it('a', () => {}); it('b', ${BROKEN});`, '1 passed, 1 failed', 1],
  ['a hook of the file failed', `beforeAll(${BROKEN}); it('a', () => {});`, '0 passed, 1 failed, 1 skipped', 1],
  [
    'a hook of a describe failed',
    `describe('d', () => { beforeAll(${BROKEN}); it('a', () => {}); });`,
    '0 passed, 1 failed, 1 skipped',
    1,
  ],
  [
    'a hook after the tests failed',
    `describe('d', () => { afterAll(${BROKEN}); it('a', () => {}); });`,
    '1 passed, 1 failed',
    1,
  ],
  ['the file cannot be loaded', `throw new Error('broken');`, '0 passed, 1 failed', 1],
])('the closing line is true where %s', (_, test, line, status) => {
  expect(run(test)).toEqual([line, status]);
});

it('the closing line is true where the global setup failed', () => {
  const config = `export default { test: { globalSetup: './setup.mjs' } };`;
  expect(run(`it('a', () => {});`, { 'vitest.config.mjs': config, 'setup.mjs': `export default ${BROKEN}` })).toEqual([
    '0 passed, 1 failed',
    1,
  ]);
});
