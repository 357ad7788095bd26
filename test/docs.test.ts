import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, normalize } from 'node:path';

import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { curlLine } from '../src/cli/curl-line.js';
import { authReasons } from '../src/errors.js';
import { gateOptionNames } from '../src/gate/options.js';
import { policyNames } from '../src/gate/rules/policy.js';
import { verifierOptionNames } from '../src/verify/options.js';
import { compileProto } from './support/compile-proto.js';
import { fastUnderNode } from './support/fast-under-node.js';
import {
  compile,
  examplesOf,
  exportedFunctions,
  fencedBlocks,
  indentedCode,
  pages,
  root,
  snippetFolder,
  snippetsOf,
  sources,
  textOf,
} from './support/snippets.js';

/** Pages about frameworks that this repository does not install: `npm run test:packages` compiles and runs them. */
const ELSEWHERE = [
  'docs/nestjs.md',
  'docs/nice-grpc.md',
  'docs/http.md',
  'docs/http-frameworks.md',
  'docs/commonjs.md',
];

const snippets = pages()
  .filter((page) => !ELSEWHERE.includes(page))
  .flatMap((page) => snippetsOf(page, textOf(page)));
const examples = sources().flatMap((path) => examplesOf(path, textOf(path)));

/** Programs that are compiled and not run by themselves, and what they need. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'README-server.js': 'runs below, with the client',
  'README-client.js': 'runs below, with the server',
  'docs-access-lists-followed.ts': 'a file to follow, and Redis',
  'docs-rate-limits-redis.ts': 'Redis',
  'docs-browsers-browser.ts': 'a browser and its wallet',
  'docs-client-wallets.ts': 'wallets of people',
  'docs-metrics-prometheus.ts': 'a port',
};

let dir: string;
beforeAll(() => {
  dir = snippetFolder();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Bundles a program, with the package's sources behind its names. @returns the file. */
async function bundle(name: string, code: string): Promise<string> {
  const outfile = join(dir, `${name}.mjs`);
  await build({
    stdin: { contents: code, loader: 'ts', resolveDir: root, sourcefile: name },
    outfile,
    bundle: true,
    packages: 'external',
    plugins: [sourcesForNames],
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
}

const sourcesForNames: Plugin = {
  name: 'the package by its sources',
  setup(builder) {
    builder.onResolve({ filter: /^grpc-wallet-auth(?:\/|$)/ }, ({ path }) => ({
      path: join(root, path.replace('grpc-wallet-auth', 'src'), 'index.ts'),
    }));
    builder.onResolve({ filter: /^#/ }, ({ path }) => ({ path: fastUnderNode[path]! }));
  },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('programs in pages and doc comments', () => {
  it('every one of them compiles', () => {
    expect(snippets.length).toBeGreaterThan(15);
    expect(examples.length).toBeGreaterThan(5);
    expect(new Set(snippets.map(({ file }) => file)).size).toBe(snippets.length);
    expect(compile(dir, [...snippets, ...examples])).toBe('');
  }, 120_000);

  it('those that need nothing from outside run', async () => {
    const runnable = snippets.filter(({ file }) => NOT_RUN[file] === undefined);
    expect(Object.keys(NOT_RUN).filter((file) => !snippets.some((each) => each.file === file))).toEqual([]);
    const failed: string[] = [];
    for (const { file, code } of runnable) {
      const program = await bundle(file, code);
      const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
      if (status !== 0) failed.push(`${file}: ${stderr}`);
    }
    expect(failed).toEqual([]);
  }, 120_000);

  it('the README: its server answers its client, both as plain JavaScript', async () => {
    const port = await freePort();
    const [server, client] = await Promise.all(
      ['server', 'client'].map((name) => {
        const block = fencedBlocks(textOf('README.md')).find(({ code }) => code.startsWith(`// ${name}.mjs`));
        expect(block?.language).toBe('js');
        return bundle(name, block!.code.replaceAll('50051', String(port)));
      }),
    );
    const node = spawn(process.execPath, [server!], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [ready] = (await once(node.stdout, 'data')) as [Buffer];
      expect(String(ready)).toBe('ready\n');
      const printed = execFileSync(process.execPath, [client!], { encoding: 'utf8' });
      expect(printed).toMatch(/^0x[0-9a-fA-F]{40}\n$/);
    } finally {
      node.kill();
    }
  }, 60_000);

  it('every .proto of the pages compiles with the package’s options', () => {
    const protos = pages().flatMap((page) => fencedBlocks(textOf(page)).filter(({ language }) => language === 'proto'));
    expect(protos.length).toBeGreaterThan(0);
    for (const { code } of protos) compileProto(code.replaceAll(/^import .*;$/gm, ''));
  });

  it.each(pages())('%s has TypeScript in fences only, and says the language of each', (page) => {
    const code = indentedCode(textOf(page)).filter((line) => /\b(?:import|const|await|export)\b.*[;{(]/.test(line));
    expect(code).toEqual([]);
    expect(fencedBlocks(textOf(page)).filter(({ language }) => language === '')).toEqual([]);
  });
});

describe('links', () => {
  const { files } = JSON.parse(textOf('package.json')) as { files: string[] };
  const shipped = new Set([...files, 'README.md', 'LICENSE', 'package.json']);

  it.each(pages())('%s: every relative link leads to a file and a heading that are there', (page) => {
    const broken = linksOf(textOf(page)).filter((link) => {
      const [path = '', heading] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(root, file))) return true;
      return heading !== undefined && !headingsOf(textOf(file)).includes(heading);
    });
    expect(broken).toEqual([]);
  });

  it.each(pages())('%s: every relative link leads to something that the package ships', (page) => {
    const targets = linksOf(textOf(page)).filter((link) => !link.startsWith('#'));
    const missing = targets.filter((link) => {
      const [top = ''] = normalize(join(dirname(page), link.split('#')[0]!)).split('/');
      return !shipped.has(top);
    });
    expect(missing).toEqual([]);
  });
});

function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^([ ]*)```.*?^\1```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link));
}

/** The headings of a page, as GitHub writes them in links. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('tables', () => {
  const cells = (page: string, pattern: RegExp) => [...textOf(page).matchAll(pattern)].map(([, name]) => name!);

  it('docs/reasons.md names every reason and no other', () => {
    const rows = cells('docs/reasons.md', /^\| (`[A-Z].*?) +\|/gm);
    const named = rows.flatMap((row) => [...row.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!));
    expect(named.toSorted()).toEqual(authReasons.toSorted());
  });

  it('PROTOCOL.md names every reason and no other', () => {
    expect(cells('PROTOCOL.md', /^\| ([A-Z]+(?:_[A-Z]+)*) +\| (?:[A-Z_]+) +\|/gm)).toEqual([...authReasons]);
  });

  it('docs/options.md names every option and no other', () => {
    expect(cells('docs/options.md', /^\| `(\w+)`/gm)).toEqual([...verifierOptionNames, ...gateOptionNames]);
  });

  it('docs/policies.md names every property of a policy and no other', () => {
    expect(cells('docs/policies.md', /^\| `(\w+)`/gm).toSorted()).toEqual(policyNames.toSorted());
  });

  it('docs/command-line.md has the `buf curl` line that the tests of the command run', () => {
    expect(textOf('docs/command-line.md')).toContain(`\nnpx ${curlLine()}\n`);
  });

  it.each(['CONTRIBUTING.md', 'SECURITY.md'])('%s names files that are there', (page) => {
    const paths = cells(page, /`((?:src|test|docs|examples|proto)\/[\w./-]*)`/g).filter(
      (path) => !path.includes('NAME'),
    );
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('the README leads to every page of docs/', () => {
    const links = linksOf(textOf('README.md')).map((link) => link.split('#')[0]);
    const docs = pages().filter((page) => page.startsWith('docs/'));
    expect(docs.filter((page) => !links.includes(page))).toEqual([]);
  });
});

/** Functions that nobody calls first. */
const NOT_CALLED_FIRST = ['isAuthReason'];

/** Functions that have no `@example` yet. To be emptied; nothing is added. */
const WITHOUT_EXAMPLE: readonly string[] = [...NOT_CALLED_FIRST];

it.each([
  '',
  'devices/',
  'gate/',
  'client/',
  'connect/',
  'http/',
  'grpc/',
  'node/',
  'level/',
  'redis/',
  'curves/',
  'otel/',
  'testing/',
])('every function and class of src/%sindex.ts has an @example', (folder) => {
  const without = exportedFunctions(`src/${folder}index.ts`).filter(({ hasExample }) => !hasExample);
  expect(without.map(({ name }) => name).filter((name) => !WITHOUT_EXAMPLE.includes(name))).toEqual([]);
});
