import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createContext, runInContext } from 'node:vm';

import { build, type Metafile } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { testWallets } from '../../src/testing/test-wallets.js';
import { createVerifier } from '../../src/verify/create-verifier.js';
import { scaffold } from './support/scaffold.js';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const missing = !existsSync(executablePath);
const missingNote = missing ? ` (there is no ${executablePath}; name one in CHROMIUM)` : '';

const folder = scaffold('module', ['@bufbuild/protobuf@2.17.0', '@connectrpc/connect@2.2.0', 'typescript@6.0.3']);

/** Uses every entry for browsers: a device is certified, its tokens are sent by fetch and by Connect, and gates decide. */
const PROGRAM = `
import { createClient, createRouterTransport } from '@connectrpc/connect';
import { AuthError, createVerifier, type WalletIdentity } from 'grpc-wallet-auth';
import { createIdentity, createTokenSource, exportIdentity, importIdentity, type ProviderWallet } from 'grpc-wallet-auth/client';
import { attachToken, authReasonOf } from 'grpc-wallet-auth/connect';
import { createDeviceRegistry } from 'grpc-wallet-auth/devices';
import { createGate } from 'grpc-wallet-auth/gate';
import { authorizedFetch, refusalOf, walletAuth } from 'grpc-wallet-auth/http';
import { DemoService } from 'grpc-wallet-auth/proto';
import { testWallets } from 'grpc-wallet-auth/testing';

export interface Result {
  readonly wallets: readonly (string | undefined)[];
  readonly reasons: readonly (string | undefined)[];
  readonly devices: readonly string[];
}

export async function run(wallet: ProviderWallet | typeof testWallets.alice = testWallets.alice): Promise<Result> {
  const identity = importIdentity(exportIdentity(await createIdentity(wallet)));
  const source = createTokenSource(identity);
  const token = await source.get();
  const devices = await createDeviceRegistry();
  const gate = createGate({ devices, rules: { [DemoService.typeName + '/CountUp']: { authorize: () => false } } });
  const auth = walletAuth(gate);

  const answer = async (request: Request, method?: string) => {
    const caller = await auth.authenticate(request, method === undefined ? {} : { method });
    return caller instanceof Response ? caller : new Response(caller?.wallet);
  };
  const calls = authorizedFetch(source, { fetch: async (input, init) => answer(new Request(input, init)) });
  const called = await (await calls('https://node.example/')).text();
  const bare = await answer(new Request('https://node.example'));
  const headers = { authorization: 'Bearer ' + token };
  const denied = await answer(new Request('https://node.example', { headers }), '/' + DemoService.typeName + '/CountUp');

  const verifier = createVerifier();
  let refused: unknown;
  try {
    verifier.verify('Bearer ' + token.slice(0, -4));
  } catch (error) {
    refused = error;
  }

  const node = createRouterTransport(
    (router) => void router.service(DemoService, {
      whoAmI: (_, { requestHeader }) => ({ wallet: verifier.verify(requestHeader.get('authorization')).wallet }),
    }),
    { transport: { interceptors: [attachToken(source)] } },
  );
  const who: WalletIdentity = verifier.verify('Bearer ' + token);
  const found = (await devices.list(who.wallet)).map(({ deviceId }) => deviceId);
  await devices.close();
  return {
    wallets: [who.wallet, called, (await createClient(DemoService, node).whoAmI({})).wallet],
    reasons: [
      (await refusalOf(bare))?.reason,
      (await refusalOf(denied))?.reason,
      refused instanceof AuthError ? refused.reason : undefined,
      authReasonOf(new Error('another')),
    ],
    devices: found.map((id) => (id === identity.deviceId ? 'its own' : id)),
  };
}`;

const PAGE = `import { run } from './program.ts'; globalThis.run = run;`;
const WORKER = `import { run } from './program.ts'; run().then(postMessage, (error) => postMessage({ error: String(error) }));`;
const IN_WORKER = `new Promise((resolve, reject) => {
  const worker = new Worker('/worker.js', { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
})`;

beforeAll(() => folder.write({ 'program.ts': PROGRAM, 'page.ts': PAGE, 'worker.ts': WORKER }));

describe('TypeScript without the types of Node', () => {
  it.each([
    ['a page, for a bundler', { lib: ['es2023', 'dom'], module: 'esnext', moduleResolution: 'bundler' }],
    ['a page, as Node resolves', { lib: ['es2023', 'dom'], module: 'nodenext' }],
    ['a worker', { lib: ['es2023', 'webworker'], module: 'esnext', moduleResolution: 'bundler' }],
  ])('every entry for browsers compiles, its declarations included: %s', async (_, settings) => {
    // skipLibCheck is off: a declaration that names a type of Node would be an error
    const compilerOptions = { target: 'es2022', strict: true, types: [], noEmit: true, ...settings };
    folder.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, files: ['program.ts'] }) });
    expect((await folder.run('tsc')).output).toBe('');
  });
});

describe('a runtime with little, such as React Native', () => {
  const CLIENT = `
    import { createIdentity, createTokenSource, exportIdentity, importIdentity } from 'grpc-wallet-auth/client';
    export const run = async (wallet) => {
      const identity = importIdentity(exportIdentity(await createIdentity(wallet)));
      return createTokenSource(identity).get();
    };`;
  /** What there is beside the language itself. */
  const needed = {
    TextEncoder,
    TextDecoder,
    crypto: { getRandomValues: crypto.getRandomValues.bind(crypto) },
  };

  /** Bundles the client for browsers and makes a token in a context that has some globals and nothing else. */
  async function tokenWith(globals: object): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents: CLIENT, resolveDir: folder.dir },
      bundle: true,
      format: 'iife',
      globalName: 'client',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    const context = createContext({ ...globals });
    runInContext(outputFiles[0]!.text, context);
    const run = runInContext('client.run', context) as (wallet: object) => Promise<string>;
    return run(testWallets.alice);
  }

  it('./client needs TextEncoder, TextDecoder and crypto.getRandomValues, and no WebCrypto, Buffer, fetch, URL or timer', async () => {
    const token = await tokenWith(needed);
    expect(createVerifier().verify(`Bearer ${token}`).wallet).toBe(testWallets.alice.address);
  });

  it.each(Object.keys(needed))('./client fails, and makes no weak key, without %s', async (name) => {
    const rest = Object.fromEntries(Object.entries(needed).filter(([each]) => each !== name));
    await expect(tokenWith(rest)).rejects.toThrow(new RegExp(name === 'crypto' ? 'getRandomValues' : name));
  });
});

describe.skipIf(missing)(`the packed package in a real browser${missingNote}`, () => {
  const scripts: Record<string, string> = {};
  let inputs: Metafile['inputs'];
  let server: Server;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: { page: 'page.ts', worker: 'worker.ts' },
      absWorkingDir: folder.dir,
      outdir: 'out',
      bundle: true,
      format: 'esm',
      platform: 'browser', // what is only Node's does not resolve
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    ({ inputs } = metafile);
    for (const { path, text } of outputFiles) scripts[path.slice(path.lastIndexOf('/'))] = text;
    server = createServer(({ url = '' }, response) => {
      const script = scripts[url];
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
      response.end(
        script ?? '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      );
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

  const alice = testWallets.alice.address;
  const expected = {
    wallets: [alice, alice, alice],
    reasons: ['MISSING_CREDENTIALS', 'ACCESS_DENIED', 'MALFORMED_TOKEN', undefined],
    devices: ['its own'],
  };

  it('a page certifies, makes tokens, verifies them and runs a gate', async () => {
    expect(await page.evaluate('run()')).toEqual(expected);
    expect(errors).toEqual([]);
  });

  it('so does a worker', async () => {
    expect(await page.evaluate(IN_WORKER)).toEqual(expected);
    expect(errors).toEqual([]);
  });

  it('the bundles have no grpc-js, no native addon and no file that is only for Node', () => {
    const foreign = Object.keys(inputs).filter((path) =>
      /@grpc|secp256k1\/lib|node-bytes|fastest-|wasm|libauth/.test(path),
    );
    expect(foreign).toEqual([]);
    expect(Object.keys(inputs).some((path) => path.includes('portable-curve'))).toBe(true);
  });
});
