import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { chromium, type BrowserContext } from 'playwright-core';

import { portable } from './fast-under-node.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether there is no browser. */
export const noBrowser = !existsSync(executablePath);

/** What the title of a test says about that. */
export const whereBrowser = noBrowser ? ` (there is no ${executablePath}; name one in CHROMIUM)` : '';

/** A browser and a server of one page. */
export interface TestBrowser {
  /** Of the page, at a port of this machine. */
  readonly url: string;
  /** Fresh, with no storage; its pages are the tabs of one user. */
  newContext(): Promise<BrowserContext>;
  close(): Promise<void>;
}

/**
 * Starts Chromium and a server whose page runs a module.
 * @param script TypeScript that imports from `./src/…`.
 */
export async function startBrowser(script: string): Promise<TestBrowser> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    alias: { ...portable },
    write: false,
  });
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? outputFiles[0]?.text : '<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    newContext: () => browser.newContext(),
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
