import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

/** The relative links of a page's prose: inline, by reference and in HTML. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^([ ]*)(```|~~~).*?^\1\2$/gms, '').replaceAll(/`[^`\n]*`/g, '');
  const links = [/\]\(\s*<?([^)\s>]+)/g, /^\s*\[[^\]]+\]:\s+<?([^\s>]+)/gm, /\b(?:href|src)="([^"]+)"/g];
  const found = links.flatMap((pattern) => [...prose.matchAll(pattern)].map(([, link = '']) => link));
  return found.filter((link) => !/^[a-z][a-z+.-]*:|^\/\//i.test(link));
}

/** The headings of a page, as GitHub and npm name them in links. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links that lead to nothing, seen from a page in a folder. */
function brokenLinks(dir: string, page: string): string[] {
  return linksOf(readFileSync(join(dir, page), 'utf8')).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? join(dir, page) : join(dir, dirname(page), decodeURIComponent(path));
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
  });
}

let dir: string;
let pages: string[];
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'grpc-wallet-auth-'));
  execFileSync('tar', ['-xzf', inject('tarball'), '-C', dir, '--strip-components=1']);
  pages = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('every relative link in the README, docs and all other shipped pages resolves inside the tarball', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/nestjs.md']));
  const broken = pages.flatMap((page) => brokenLinks(dir, page).map((link) => `${page}: ${link}`));
  expect(broken).toEqual([]);
});

describe('the check', () => {
  it('finds links of every form that lead to nothing', () => {
    const links =
      '[a](gone-1.md) ![b](gone-2.png) [c][d] <a href="gone-3.md">e</a> [f](README.md#gone-4)\n\n[d]: gone-5.md\n';
    writeFileSync(join(dir, 'docs/planted.txt'), links);
    expect(brokenLinks(dir, 'docs/planted.txt').join()).toMatch(/^gone-1.*gone-2.*README.md#gone-4.*gone-5.*gone-3/);
  });

  it('leaves alone what is code or leads elsewhere', () => {
    expect(linksOf('`[a](b)` [c](https://example.org) <mailto:a@b.c>\n```\n[d](e)\n```\n')).toEqual([]);
  });
});
