/**
 * Makes `dist/`: a file for each entry of package.json and a chunk for each folder of src/ that entries share, so that an import
 * reads few files; the declarations of every source file beside them. `npm run build`
 *
 * With `--files` it makes `build/` too: the same package with a file for each source file, for what measures or counts single
 * files. It is not published. `npm run build -- --files`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Loaded by `require` where protobuf-es is needed, so written as CommonJS. */
const LAZY = 'src/protobuf/when-needed.cjs';

/** Every file that package.json or `LAZY` names, from `dist/` on, without its extension. */
const entries = [manifest.exports, manifest.imports, manifest.bin]
  .flatMap((table) => Object.values(table))
  .flatMap((target) => (typeof target === 'string' ? target : [target.default, target.node ?? []].flat()))
  .concat('./dist/src/protobuf/runtime.js', './dist/src/protobuf/descriptors.js')
  .flatMap((path) => /^\.\/dist\/(.+)\.js$/.exec(path)?.[1] ?? []);

const LAZY_ROOMS = new Set(['cli', 'protobuf']);

/** What all rooms may import: ranks 0 and 1 of CONTRIBUTING.md. */
const LOW = /^src\/([\w-]+|(bytes|token|crypto)\/.+)\.ts$/;

/**
 * Chunks by rank: what is left of a higher rank never holds what a lower one needs. Bundlers keep of a chunk what may have side
 * effects, so what clients and servers share is apart from what only servers need.
 */
const CHUNKS = {
  core: (path, isOfClients) => LOW.test(path) && isOfClients(),
  server: (path) => LOW.test(path),
  ...Object.fromEntries(rooms().map((room) => [room, (path) => path.startsWith(`src/${room}/`)])),
};

/** The folders of src/ with files that entries share. What is loaded when it is needed is apart: commands, protobuf-es. */
function rooms() {
  const byRank = ['curves', 'verify', 'client', 'devices', 'gate'];
  const folders = readdirSync(`${root}src`, { withFileTypes: true }).filter((each) => each.isDirectory());
  return [...new Set([...byRank, ...folders.map(({ name }) => name)])].filter((name) => !LAZY_ROOMS.has(name));
}

const groups = Object.entries(CHUNKS).map(([chunk, holds], rank) => ({
  name(id, context) {
    const path = relative(root, id);
    return holds(path, () => isImportedBy('src/client/', id, context)) ? chunk : null;
  },
  debugName: chunk,
  priority: 100 - rank,
  minShareCount: 2,
}));

/** Whether a file in a folder imports a module, directly or not. */
function isImportedBy(folder, id, context, seen = new Set()) {
  if (relative(root, id).startsWith(folder)) return true;
  seen.add(id);
  const importers = context.getModuleInfo(id)?.importers ?? [];
  return importers.some((each) => !seen.has(each) && isImportedBy(folder, each, context, seen));
}

const isCommand = (id) => relative(root, id).startsWith('src/cli/');

function chunkFileNames({ moduleIds }) {
  return moduleIds.length > 0 && moduleIds.every(isCommand) ? 'chunks/cli/[name].js' : 'chunks/[name].js';
}

async function bundle(output, input) {
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'neutral', // what needs Node says so by `node:`
    tsconfig: false,
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('src/'),
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    transform: { target: 'es2023' },
    treeshake: { moduleSideEffects: false },
  });
  await build.write({ format: 'esm', sourcemap: true, sourcemapExcludeSources: true, ...output });
  await build.close();
  mkdirSync(`${root}${output.dir}/src/protobuf`, { recursive: true });
  copyFileSync(`${root}${LAZY}`, `${root}${output.dir}/${LAZY}`);
}

/** The entries and their chunks. */
function entriesToDist() {
  const input = Object.fromEntries(entries.map((name) => [name, `${name}.ts`]));
  return bundle({ dir: 'dist', chunkFileNames, codeSplitting: { groups } }, input);
}

/** Each file by itself, as a package of its own. */
async function filesToBuild() {
  const own = /"\.\/dist\//g;
  const { name: _, ...rest } = JSON.parse(JSON.stringify(manifest).replace(own, '"./'));
  await bundle(
    { dir: 'build', preserveModules: true, preserveModulesRoot: root },
    entries.map((entry) => `${entry}.ts`),
  );
  writeFileSync(`${root}build/package.json`, JSON.stringify(rest, undefined, 2));
}

for (const dir of ['dist', 'build']) rmSync(`${root}${dir}`, { recursive: true, force: true });
const tsc = spawn(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`], {
  stdio: 'inherit',
});
const declared = once(tsc, 'close');
await entriesToDist();
if (process.argv.includes('--files')) await filesToBuild();
const [code] = await declared;
chmodSync(`${root}dist/src/cli/main.js`, 0o755);
process.exitCode = code ?? 1;
