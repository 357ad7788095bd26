import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testWallets } from '../../src/testing/test-wallets.js';
import { createVerifier } from '../../src/verify/create-verifier.js';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const missing = !existsSync(executablePath);

/** What the page does, as a browser app would: certify, store, load again, make tokens. */
const PAGE = `
  import { createIdentity, createTokenSource, exportIdentity, importIdentity } from './src/client/index.ts';
  import { testWallets } from './src/testing/index.ts';

  const { address, signMessage } = testWallets.alice;
  let prompts = 0;
  const ethereum = {
    async request({ method, params: [hex] = [] }) {
      if (method !== 'personal_sign') return [address];
      prompts++;
      const bytes = Uint8Array.from(hex.slice(2).match(/../g), (byte) => parseInt(byte, 16));
      return signMessage(new TextDecoder().decode(bytes));
    },
  };
  globalThis.run = async () => {
    const made = await createIdentity(ethereum);
    const identity = importIdentity(exportIdentity(made));
    const source = createTokenSource(identity);
    return { prompts, deviceId: made.deviceId, tokens: [await source.get(), await source.get()] };
  };
`;

describe.skipIf(missing)(
  `in a real browser${missing ? ` (there is no ${executablePath}; name one in CHROMIUM)` : ''}`,
  () => {
    let server: Server;
    let browser: Browser;
    let page: Page;
    const errors: string[] = [];

    beforeAll(async () => {
      const { outputFiles } = await build({
        stdin: { contents: PAGE, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
        bundle: true,
        format: 'esm',
        platform: 'browser',
        write: false,
      });
      server = createServer((request, response) => {
        const isScript = request.url === '/page.js';
        response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
        response.end(isScript ? outputFiles[0]?.text : '<!doctype html><script type="module" src="/page.js"></script>');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      browser = await chromium.launch({
        executablePath,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      });
      page = await browser.newPage();
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => errors.push(message.text()));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { waitUntil: 'load' });
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    it('a page certifies a device with one prompt and makes tokens that a node takes', async () => {
      const { prompts, deviceId, tokens } = await page.evaluate<{
        prompts: number;
        deviceId: string;
        tokens: string[];
      }>('run()');
      expect(prompts).toBe(1);
      expect(tokens[0]).toBe(tokens[1]);
      expect(createVerifier().verify(`Bearer ${tokens[0]}`)).toMatchObject({
        wallet: testWallets.alice.address,
        deviceId,
      });
      expect(errors.filter((text) => !text.includes('favicon'))).toEqual([]);
    });
  },
);
