import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** One fenced block of a page. */
export interface Block {
  readonly language: string;
  /** The line of the page on which its code begins, from 1. */
  readonly line: number;
  readonly code: string;
}

/** A program out of a page or a doc comment. */
export interface Snippet {
  /** Where it is from, from the root: `docs/metrics.md`. */
  readonly page: string;
  /** A name for its file that tells where it is from: `docs-metrics-otel.ts`. */
  readonly file: string;
  /** Its code, each line where it stands in the page, so that the compiler's line numbers are the page's. */
  readonly code: string;
}

/** The pages that hold blocks and links. */
export function pages(): readonly string[] {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const tops = ['README.md', 'CONTRIBUTING.md', 'PROTOCOL.md', 'SECURITY.md'];
  return [...tops, ...docs.toSorted().map((name) => `docs/${name}`)];
}

/** The text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every fenced block of a page; fences in lists are found too, and their indent is taken off. */
export function fencedBlocks(text: string): readonly Block[] {
  const fences = text.matchAll(/^([ ]*)```(\w*)\n(.*?)^\1```$/gms);
  return [...fences].map(({ 1: indent = '', 2: language = '', 3: code = '', index }) => ({
    language,
    line: lineAt(text, index) + 1,
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The lines that Markdown takes for code without a fence: four spaces or more, after an empty line and not in a list. */
export function indentedCode(text: string): readonly string[] {
  const outside = text.replaceAll(/^([ ]*)```.*?^\1```$/gms, '');
  return outside.split('\n').filter((line, index, lines) => {
    if (!/^ {4,}\S/.test(line)) return false;
    const before = lines.slice(0, index).findLast((each) => each !== '' && !/^ {2}/.test(each)) ?? '';
    return !/^\s*(?:[-*]|\d+\.)\s/.test(before) || /^ {6,}\S/.test(line);
  });
}

/**
 * The programs of a page, by the rule of CONTRIBUTING.md: a block of TypeScript or JavaScript whose first line is
 * `// name.ts` begins a program, and one without it goes on with the program before it.
 */
export function snippetsOf(page: string, text: string): readonly Snippet[] {
  const programs: { name: string; extension: string; code: string }[] = [];
  for (const { language, line, code } of fencedBlocks(text)) {
    if (!['ts', 'js'].includes(language)) continue;
    const name = /^\/\/ ([\w-]+)\.(?:m?[jt]s)\b/.exec(code)?.[1];
    if (name !== undefined || programs.length === 0)
      programs.push({ name: name ?? 'page', extension: language, code: '' });
    const program = programs.at(-1)!;
    program.code += '\n'.repeat(line - lineAt(program.code, program.code.length)) + code;
  }
  const prefix = page.replace(/\.md$/, '').replaceAll('/', '-');
  return programs.map(({ name, extension, code }) => ({ page, file: `${prefix}-${name}.${extension}`, code }));
}

/** The `@example`s in the doc comments of a source, fenced or bare, each a program by itself. */
export function examplesOf(path: string, text: string): readonly Snippet[] {
  const found = [...text.matchAll(/^[ ]*\/\*\*.*?\*\/$/gms)].flatMap(({ 0: comment, index }) => {
    const plain = comment.replaceAll(/^[ ]*(?:\/\*\*|\*\/|\*) ?/gm, '').replace(/\s*\*\/$/, '');
    const examples = plain.matchAll(/^@example[ ]*\n?(.*?)(?=^@\w|(?![^]))/gms);
    return [...examples].map(({ 1: example = '', index: at }) => {
      const bare = example.replaceAll(/^```\w*$/gm, '');
      return '\n'.repeat(lineAt(text, index) + lineAt(plain, at) - 1) + bare;
    });
  });
  const prefix = path.replace(/\.ts$/, '').replaceAll('/', '-');
  return found.map((code, number) => ({ page: path, file: `${prefix}-example${number + 1}.ts`, code }));
}

/** Every TypeScript source of the package. */
export function sources(): readonly string[] {
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();
}

/** What a reader has who copies an example out of a doc comment. The list is kept short. */
const PRELUDE = `
import type { DescService } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { Server, ServerUnaryCall } from '@grpc/grpc-js';
import type { DeviceIdentity, TokenSource, WalletLike } from 'grpc-wallet-auth/client';
import type { DeviceRegistry } from 'grpc-wallet-auth/grpc';
import type { RedisClient } from 'grpc-wallet-auth/redis';
declare global {
  const redis: RedisClient; // a connected client of ioredis or redis
  const wallet: WalletLike;
  const identity: DeviceIdentity;
  const source: TokenSource;
  const server: Server;
  const devices: DeviceRegistry;
  const call: ServerUnaryCall<unknown, unknown>; // what a handler gets
  const context: HandlerContext; // what a handler of Connect gets
  const error: unknown; // what a call failed with
  const authorization: string; // the value of a header
  const token: string;
  const Notes: DescService; // a service of the reader's own
}
`;

/** A folder for programs in which they find the packages that they import. */
export function snippetFolder(): string {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  return mkdtempSync(join(root, 'node_modules/.cache/snippets-'));
}

/**
 * Compiles programs in one run of tsc. The package's names stand for its sources, so that nothing needs to be built first.
 * JavaScript is checked too, but may leave the types of parameters out.
 * @returns what the compiler says; empty if it has nothing to say.
 */
export function compile(dir: string, snippets: readonly Snippet[]): string {
  for (const { file, code } of snippets) writeFileSync(join(dir, file), `${code}\nexport {};\n`);
  writeFileSync(join(dir, 'prelude.ts'), PRELUDE);
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      rootDir: '/',
      allowJs: true,
      checkJs: true,
      lib: ['es2023', 'dom'],
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: {
        'grpc-wallet-auth': [join(root, 'src/index.ts')],
        'grpc-wallet-auth/*': [join(root, 'src/*/index.ts')],
        '#bytes': [join(root, 'src/bytes/node-bytes.ts')],
        '#curves': [join(root, 'src/curves/fastest-curve.ts')],
        '#keccak': [join(root, 'src/keccak/fastest-keccak.ts')],
        '#protobuf': [join(root, 'src/protobuf/at-once.ts')],
      },
    },
    include: ['*.ts', '*.js'],
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', dir], { encoding: 'utf8', cwd: dir });
  return stdout.replaceAll(/^\S+\.js\(\d+,\d+\): error TS7006: .*\n/gm, '');
}

/** The functions and classes that an entry exports, each with the source that declares it and whether it has an `@example`. */
export function exportedFunctions(entry: string): readonly { name: string; hasExample: boolean }[] {
  const index = sourceFile(entry);
  return index.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly || !statement.moduleSpecifier) return [];
    if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) return [];
    const from = (statement.moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, '.ts');
    const declared = sourceFile(join(entry, '..', from));
    return statement.exportClause.elements
      .filter((element) => !element.isTypeOnly)
      .flatMap((element) => exampleState(declared, (element.propertyName ?? element.name).text));
  });
}

function exampleState(file: ts.SourceFile, name: string): { name: string; hasExample: boolean }[] {
  const declarations = file.statements.filter(
    (each) => (ts.isFunctionDeclaration(each) || ts.isClassDeclaration(each)) && each.name?.text === name,
  );
  if (declarations.length === 0) return [];
  const hasExample = declarations.some((each) => ts.getJSDocTags(each).some((tag) => tag.tagName.text === 'example'));
  return [{ name, hasExample }];
}

function sourceFile(path: string): ts.SourceFile {
  return ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest, true);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
