import { readFileSync } from 'node:fs';

/**
 * The named code blocks of a page: those whose first line is a comment with a file name and nothing else.
 * @param page its path from the repository's root.
 */
export function snippetsOf(page: string): Record<string, string> {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8');
  const blocks = text.matchAll(/^```\w+\n((?:\/\/|#) ([\w./-]+)\n.*?)^```$/gms);
  return Object.fromEntries([...blocks].map(([, code, name]) => [name, code]));
}
