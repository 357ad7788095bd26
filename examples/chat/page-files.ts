import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { build, type BuildOptions } from 'esbuild';

const DIRECTORY = 'examples/chat/page'; // relative to the root of the repository, where npm runs its scripts

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The files of the page, in memory. */
export interface PageFiles {
  /** @returns whether the request was for one of them. */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Bundles the page's script. */
export async function loadPage(options: Pick<BuildOptions, 'alias'> = {}): Promise<PageFiles> {
  const bundle = { bundle: true, format: 'esm', platform: 'browser', minify: true, write: false } as const;
  const { outputFiles } = await build({ entryPoints: [`${DIRECTORY}/main.ts`], ...bundle, ...options });
  const files = new Map([
    ['/', ['text/html; charset=utf-8', await readFile(`${DIRECTORY}/index.html`)]],
    ['/style.css', ['text/css; charset=utf-8', await readFile(`${DIRECTORY}/style.css`)]],
    ['/page.js', ['text/javascript; charset=utf-8', outputFiles[0]?.contents]],
  ] as const);
  return {
    serve({ method, url }, response) {
      const [type, body] = (method === 'GET' && files.get(url as '/')) || [];
      if (type === undefined) return false;
      response.writeHead(200, { 'content-type': type, ...HEADERS }).end(body);
      return true;
    },
  };
}
