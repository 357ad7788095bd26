import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createFileRegistry, fromBinary, type DescService, type FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles a `.proto` with buf, the way its author would: the package's options.proto beside it.
 * @param text what follows `syntax`, `package test.v1` and the import of the options.
 */
export function compileProto(text: string): FileRegistry {
  const dir = mkdtempSync(join(tmpdir(), 'proto-'));
  try {
    mkdirSync(join(dir, 'own/test/v1'), { recursive: true });
    cpSync(join(root, 'proto/walletauth/v1'), join(dir, 'theirs/walletauth/v1'), { recursive: true });
    writeFileSync(join(dir, 'buf.yaml'), 'version: v2\nmodules:\n  - path: own\n  - path: theirs\n');
    const head = 'syntax = "proto3";\npackage test.v1;\nimport "walletauth/v1/options.proto";\n';
    writeFileSync(join(dir, 'own/test/v1/test.proto'), head + text);
    const set = execFileSync(join(root, 'node_modules/.bin/buf'), ['build', '--as-file-descriptor-set', '-o', '-'], {
      cwd: dir,
    });
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, set));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A service of a compiled `.proto`. */
export function serviceOf(registry: FileRegistry, name: string): DescService {
  const service = registry.getService(`test.v1.${name}`);
  if (!service) throw new Error(`no service ${name}`);
  return service;
}
