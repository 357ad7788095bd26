import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { curlLine } from '../src/cli/curl-line.js';
import { authReasons } from '../src/errors.js';
import { gateOptionNames } from '../src/gate/options.js';
import { verifierOptionNames } from '../src/verify/options.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const snippets = Object.fromEntries(
  [...readme.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)].map(([, name, code]) => [name, code]),
) as Record<string, string>;

let dir: string;
beforeAll(async () => {
  const port = await freePort();
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  dir = mkdtempSync(join(root, 'node_modules/.cache/readme-'));
  symlinkSync(join(root, 'gen'), join(dir, 'gen'));
  for (const [name, code] of Object.entries(snippets)) {
    writeFileSync(join(dir, name), code.replaceAll('50051', String(port)));
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The package's names stand for its sources, so that nothing needs to be built first. */
const SOURCES = Object.fromEntries(
  ['client', 'grpc', 'curves'].map((entry) => [`grpc-wallet-auth/${entry}`, `src/${entry}/index.ts`]),
);

it('its snippets are the four that are compiled here', () => {
  expect(Object.keys(snippets)).toEqual(['server.ts', 'client.ts', 'reasons.ts', 'rules.ts']);
  expect(readme.match(/```ts/g)).toHaveLength(4);
});

it('its snippets compile', () => {
  const paths = Object.fromEntries(Object.entries(SOURCES).map(([name, path]) => [name, [join(root, path)]]));
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { rootDir: '/', paths }, include: ['*.ts'] };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', dir], { encoding: 'utf8' });
  expect(stdout).toBe('');
}, 60_000);

it('its server answers its client', async () => {
  const alias = Object.fromEntries(Object.entries(SOURCES).map(([name, path]) => [name, join(root, path)]));
  for (const name of ['server', 'client']) {
    await build({
      entryPoints: [join(dir, `${name}.ts`)],
      outfile: join(dir, `${name}.mjs`),
      bundle: true,
      packages: 'external',
      alias,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
  }
  const server = spawn(process.execPath, [join(dir, 'server.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [ready] = (await once(server.stdout, 'data')) as [Buffer];
    expect(String(ready)).toBe('ready\n');
    const printed = execFileSync(process.execPath, [join(dir, 'client.mjs')], { encoding: 'utf8' });
    expect(printed).toMatch(/^0x[0-9a-fA-F]{40}\n$/);
  } finally {
    server.kill();
  }
}, 60_000);

it('its table names every reason and no other', () => {
  const table = readme.slice(readme.indexOf('## Reasons'), readme.indexOf('## Options'));
  const named = [...table.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(authReasons.toSorted());
});

it('its tables name every option and no other', () => {
  const tables = readme.slice(readme.indexOf('`createVerifier` and'), readme.indexOf('## For protocol authors'));
  const named = [...tables.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(named).toEqual([...verifierOptionNames, ...gateOptionNames]);
});

it('its `buf curl` line is the one that the tests of the command run', () => {
  expect(readme).toContain(`    npx ${curlLine()}\n`);
});
