import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, expect, it } from 'vitest';

import { KECCAK_MODULE } from '../../src/keccak/keccak-module.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keccak-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('src/keccak/keccak-module.ts is what scripts/keccak/ makes', () => {
  const made = join(folder, 'keccak-module.ts');
  execFileSync(process.execPath, [join(root, 'scripts/keccak/main.mjs'), made]);
  expect(readFileSync(made, 'utf8')).toBe(readFileSync(join(root, 'src/keccak/keccak-module.ts'), 'utf8'));
});

it('is small: less than 1.3 kB', () => {
  expect(Buffer.from(KECCAK_MODULE, 'base64').length).toBeLessThan(1_300);
});
