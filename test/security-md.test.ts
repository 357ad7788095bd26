import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url);
const text = readFileSync(new URL('SECURITY.md', root), 'utf8');
const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { scripts: object };

describe('SECURITY.md', () => {
  it('names tests that are there', () => {
    const files = [...text.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
  });

  it('names commands that are there', () => {
    const names = [...text.matchAll(/`npm run (\w+)`/g)].map(([, name]) => name!);
    expect(names).toEqual(['fuzz', 'mutation', 'flood', 'leaks']);
    for (const name of names) expect(scripts).toHaveProperty(name);
  });
});
