import { expect, inject, it } from 'vitest';

import { scaffold } from './support/scaffold.js';

const folder = scaffold('module', ['@arethetypeswrong/cli@0.18.5']);

it('Are the Types Wrong finds the types of every entry in all resolutions, node10 included', async () => {
  // that CommonJS must await import() was true before Node 20.19; see docs/commonjs.md
  const args = [inject('tarball'), '--ignore-rules', 'cjs-resolves-to-esm', '--no-emoji', '--no-color'];
  const { code, output } = await folder.run('attw', args);
  expect(output).not.toMatch(/resolution failed/i);
  expect(code).toBe(0);
});
