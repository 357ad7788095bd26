import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

import ts from 'typescript';

/** Source texts by their path from the repository's root, such as `src/token/base64.ts`. */
export type SourceFiles = Readonly<Record<string, string>>;

const RANK_0 = [
  'src/errors.ts',
  'src/identity.ts',
  'src/next-turn.ts',
  'src/options.ts',
  'src/time-limit.ts',
  'src/warn.ts',
];
const STATUS_DETAILS = ['src/status-details.ts', 'src/auth-details.ts'];
const RANKS_0_TO_1 = ['rank 0', ...STATUS_DETAILS, 'bytes', 'token', 'crypto', 'curves'];
const RANKS_0_TO_2 = [...RANKS_0_TO_1, 'verify', 'client'];
const BELOW_TRANSPORTS = [...RANKS_0_TO_2, 'devices', 'storage', 'gate', 'keccak', 'protobuf'];

/**
 * The table of CONTRIBUTING.md: what each folder of src/ may import beside its own files. `token types` are the parts of
 * gen/ that hold the token, `other types` the rest of it. `cli` may import all.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bytes: [],
  token: ['rank 0', 'bytes', 'token types', 'other types'],
  crypto: ['rank 0', 'bytes'],
  keccak: ['src/crypto/hash.ts'],
  protobuf: ['other types'],
  curves: ['src/crypto/curve.ts'],
  verify: RANKS_0_TO_1,
  client: RANKS_0_TO_1,
  'status-details': ['rank 0', 'src/token/encode-token.ts', 'src/token/wire-fields.ts', 'src/token/wire-reader.ts'],
  devices: [...RANKS_0_TO_1, 'protobuf', 'other types'],
  storage: RANKS_0_TO_2,
  gate: [...BELOW_TRANSPORTS, 'other types'],
  grpc: [...BELOW_TRANSPORTS, 'other types'],
  connect: [...BELOW_TRANSPORTS, 'other types'],
  http: [...BELOW_TRANSPORTS, 'other types'],
  node: BELOW_TRANSPORTS,
  redis: [...BELOW_TRANSPORTS, 'other types'],
  level: [...BELOW_TRANSPORTS, 'other types'],
  otel: BELOW_TRANSPORTS,
  testing: [...BELOW_TRANSPORTS, 'other types'],
  proto: ['token types', 'other types'],
};

/** Packages that only some folders may import. */
const PACKAGES: readonly (readonly [name: RegExp, folders: readonly string[]])[] = [
  [/^@noble\//, ['crypto']],
  [/^@grpc\/|^grpc-/, ['grpc', 'cli']],
  [/^@connectrpc\//, ['connect', 'cli']],
  [/^@opentelemetry\//, ['otel', 'cli']],
  [/^ioredis$|^redis$/, ['redis']],
  [/^classic-level$/, ['level']],
  [/^ipaddr\.js$/, ['gate']],
];

/** From these no node module, no transport and no Buffer may be reached. */
const PORTABLE_ENTRIES = ['index', 'client/index', 'storage/index', 'devices/index', 'gate/index', 'http/index'].map(
  (name) => `src/${name}.ts`,
);

/** What the package's own `imports` stand for where the `node` condition does not hold. */
const PORTABLE: Readonly<Record<string, string>> = {
  '#bytes': 'src/bytes/portable-bytes.ts',
  '#curves': 'src/curves/portable-curve.ts',
  '#keccak': 'src/keccak/portable-keccak.ts',
  '#protobuf': 'src/protobuf/at-once.ts',
};

/** Every breach of CONTRIBUTING.md's import rule, one line each; none when all is well. */
export function importViolations(files: SourceFiles): string[] {
  const graph = new Map(Object.entries(files).map(([path, text]) => [path, readFile(path, text)]));
  return [...graph.values()]
    .flatMap((file) => [...tableViolations(file, graph), ...indexViolations(file)])
    .concat(PORTABLE_ENTRIES.flatMap((entry) => portabilityViolations(entry, graph)))
    .concat(cycles(graph));
}

interface SourceFile {
  readonly path: string;
  /** What is imported: paths from the root for own files, names for packages. */
  readonly imports: readonly string[];
  readonly onlyReExports: boolean;
  readonly usesBuffer: boolean;
}

type Graph = ReadonlyMap<string, SourceFile>;

const isOwn = (target: string) => /^(src|gen)\//.test(target);
const isIndex = (path: string) => path.endsWith('/index.ts');

/** Reads every kind of import: `import`, `import type`, `export … from`, `import()` as call and as type, `require`. */
function readFile(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const imports = new Set<string>();
  let usesBuffer = false;
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) imports.add(resolve(path, node.text));
  };
  const visit = (node: ts.Node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && isLoader(node.expression)) add(node.arguments[0]);
    else if (ts.isIdentifier(node) && node.text === 'Buffer') usesBuffer = true;
    ts.forEachChild(node, visit);
  };
  visit(source);
  const onlyReExports = source.statements.every((each) => ts.isExportDeclaration(each) && each.moduleSpecifier);
  return { path, imports: [...imports], onlyReExports, usesBuffer };
}

function isLoader(called: ts.Expression): boolean {
  return called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require');
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return PORTABLE[specifier] ?? specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

function tableViolations({ path, imports }: SourceFile, graph: Graph): string[] {
  if (!path.startsWith('src/'))
    return imports.filter((target) => target.startsWith('src/')).map((to) => `${path} imports ${to}`);
  const violations = imports
    .filter((target) => isOwn(target) && !graph.has(target))
    .map((to) => `${path} imports ${to}, which does not exist`);
  violations.push(...imports.filter((to) => isOwn(to) && isIndex(to)).map((to) => `${path} imports ${to}, an entry`));
  const folder = folderOf(path);
  if (folder === 'entry') return violations;
  if (folder === 'rank 0')
    return [...violations, ...imports.map((to) => `${path} imports ${to}; rank 0 imports nothing`)];
  const allowed = MAY_IMPORT[folder];
  if (!allowed && folder !== 'cli') return [...violations, `${path} is in a folder that CONTRIBUTING.md does not know`];
  for (const to of imports) {
    const kind = folderOf(to);
    const wrongFolder = isOwn(to) && allowed && kind !== folder && !allowed.includes(kind) && !allowed.includes(to);
    const wrongTokenTypes = folder === 'cli' && kind === 'token types';
    const wrongPackage = PACKAGES.some(([name, folders]) => name.test(to) && !folders.includes(folder));
    if (wrongFolder || wrongTokenTypes || wrongPackage) violations.push(`${path} imports ${to}; ${folder} may not`);
  }
  return violations;
}

/** The name under which the table knows a path. */
function folderOf(path: string): string {
  if (RANK_0.includes(path)) return 'rank 0';
  if (path === 'src/index.ts') return 'entry';
  if (STATUS_DETAILS.includes(path)) return 'status-details';
  if (/^gen\/message_(api|contents)\//.test(path)) return 'token types';
  if (path.startsWith('gen/')) return 'other types';
  return path.split('/')[1] ?? path;
}

function indexViolations({ path, onlyReExports }: SourceFile): string[] {
  return isIndex(path) && path.startsWith('src/') && !onlyReExports ? [`${path} holds more than re-exports`] : [];
}

function portabilityViolations(entry: string, graph: Graph): string[] {
  const violations: string[] = [];
  const seen = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    const file = graph.get(path);
    if (!file || seen.has(path)) return;
    seen.add(path);
    const here = [...way, path];
    const say = (what: string) => violations.push(`${what} is reached from ${here.join(' → ')}`);
    if (file.usesBuffer) say('Buffer');
    for (const to of file.imports) {
      if (!isOwn(to) && (isBuiltin(to) || /^@(?:grpc|connectrpc)\//.test(to))) say(to);
      visit(to, here);
    }
  };
  visit(entry, []);
  return violations;
}

function cycles(graph: Graph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) found.push(`cycle: ${[...way.slice(way.indexOf(path)), path].join(' → ')}`);
    if (done.has(path) || way.includes(path)) return;
    for (const to of graph.get(path)?.imports ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
