import { spawnSync } from 'node:child_process';

import { build } from 'esbuild';

import { fastUnderNode } from './fast-under-node.js';
import { root } from './snippets.js';

/** How an example ended. */
export interface ExampleRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `examples/<name>/main.ts` as its npm script does, with the package's sources behind its names. */
export async function runExample(name: string): Promise<ExampleRun> {
  const alias = ['client', 'devices', 'grpc', 'proto', 'redis', 'testing'].map((entry) => [
    `grpc-wallet-auth/${entry}`,
    `${root}src/${entry}/index.ts`,
  ]);
  const { outputFiles } = await build({
    entryPoints: [`${root}examples/${name}/main.ts`],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: { ...Object.fromEntries(alias), ...fastUnderNode },
    write: false,
  });
  return spawnSync(process.execPath, ['--input-type=module'], {
    cwd: root,
    input: outputFiles[0]?.text ?? '',
    encoding: 'utf8',
    timeout: 20_000,
  });
}
