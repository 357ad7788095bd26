import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { importViolations, type SourceFiles } from './support/import-graph.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function readSources(): SourceFiles {
  const files: Record<string, string> = {};
  for (const folder of ['src', 'gen']) {
    for (const entry of readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const path = `${entry.parentPath}/${entry.name}`;
      files[relative(ROOT, path).replaceAll('\\', '/')] = readFileSync(path, 'utf8');
    }
  }
  return files;
}

describe('src/', () => {
  it('keeps the import rule of CONTRIBUTING.md', () => {
    const files = readSources();
    expect(Object.keys(files)).toContain('src/verify/check-token.ts');
    expect(importViolations(files)).toEqual([]);
  });
});

/** A small source tree that keeps the rule. */
const good: SourceFiles = {
  'gen/message_api/v1/authn_pb.ts': `import { x } from '../../message_contents/signature_pb.js'; export const y = x;`,
  'gen/message_contents/signature_pb.ts': `import { Message } from '@bufbuild/protobuf'; export const x = Message;`,
  'gen/google/rpc/status_pb.ts': 'export const s = 1;',
  'src/errors.ts': 'export const e = 1;',
  'src/identity.ts': 'export const i = 1;',
  'src/token/decode.ts': `import { y } from '../../gen/message_api/v1/authn_pb.js'; import { e } from '../errors.js'; export const d = y + e;`,
  'src/crypto/curve.ts': 'export type Curve = number;',
  'src/crypto/hash.ts': `import { sha3 } from '@noble/hashes/sha3.js'; export const hash = sha3;`,
  'src/curves/native.ts': `import { createRequire } from 'node:module'; import type { Curve } from '../crypto/curve.js'; export const n: Curve = createRequire;`,
  'src/verify/check.ts': `import { LRUCache } from 'lru-cache'; import { hash } from '../crypto/hash.js'; import { d } from '../token/decode.js'; export const v = [hash, d, LRUCache];`,
  'src/client/create.ts': `import { d } from '../token/decode.js'; export const c = d;`,
  'src/client/index.ts': `export { c } from './create.js';`,
  'src/devices/registry.ts': `import { i } from '../identity.js'; export const r = i;`,
  'src/gate/gate.ts': `import { s } from '../../gen/google/rpc/status_pb.js'; import { v } from '../verify/check.js'; import { r } from '../devices/registry.js'; export const g = [s, v, r];`,
  'src/grpc/auth.ts': `import { Server } from '@grpc/grpc-js'; import { isIP } from 'node:net'; import { n } from '../curves/native.js'; import { g } from '../gate/gate.js'; export const a = [g, n, Buffer, Server, isIP];`,
  'src/grpc/index.ts': `export * from './auth.js'; export type { v } from '../verify/check.js';`,
  'src/proto/index.ts': `export * from '../../gen/message_api/v1/authn_pb.js';`,
  'src/cli/main.ts': `import { a } from '../grpc/auth.js'; import { Server } from '@grpc/grpc-js'; export const m = [a, Server];`,
  'src/index.ts': `// Buffer in a comment\nexport { v } from './verify/check.js'; export type { e } from './errors.js';`,
};

/** The good tree with lines added to one of its files, or a new file. */
const planted = (path: string, line: string): SourceFiles => ({ ...good, [path]: `${line}\n${good[path] ?? ''}` });

describe('the checker', () => {
  it('finds nothing in a tree that keeps the rule', () => {
    expect(importViolations(good)).toEqual([]);
  });

  it.each([
    ['rank 0 imports rank 0', 'src/errors.ts', `import { i } from './identity.js';`],
    ['rank 0 imports a package', 'src/identity.ts', `import 'lru-cache';`],
    ['token imports crypto', 'src/token/decode.ts', `import { hash } from '../crypto/hash.js';`],
    ['crypto imports token', 'src/crypto/hash.ts', `import type { d } from '../token/decode.js';`],
    ['crypto imports gen', 'src/crypto/hash.ts', `import type { s } from '../../gen/google/rpc/status_pb.js';`],
    ['curves import the noble maths', 'src/curves/native.ts', `import { hash } from '../crypto/hash.js';`],
    ['curves import rank 0', 'src/curves/native.ts', `import { e } from '../errors.js';`],
    ['verify imports client', 'src/verify/check.ts', `import type { c } from '../client/create.js';`],
    ['client imports verify', 'src/client/create.ts', `import type { v } from '../verify/check.js';`],
    [
      'verify imports token types',
      'src/verify/check.ts',
      `import type { y } from '../../gen/message_api/v1/authn_pb.js';`,
    ],
    ['client imports other types', 'src/client/create.ts', `import { s } from '../../gen/google/rpc/status_pb.js';`],
    ['gate imports token types', 'src/gate/gate.ts', `import { y } from '../../gen/message_api/v1/authn_pb.js';`],
    ['grpc imports token types', 'src/grpc/auth.ts', `import { x } from '../../gen/message_contents/signature_pb.js';`],
    ['cli imports token types', 'src/cli/main.ts', `import { x } from '../../gen/message_contents/signature_pb.js';`],
    ['devices import verify', 'src/devices/registry.ts', `import { v } from '../verify/check.js';`],
    ['gate imports a transport folder', 'src/gate/gate.ts', `import { a } from '../grpc/auth.js';`],
    ['gate imports a transport package', 'src/gate/gate.ts', `import type { Server } from '@grpc/grpc-js';`],
    ['one transport imports another', 'src/connect/auth.ts', `import { a } from '../grpc/auth.js';`],
    ['testing imports grpc', 'src/testing/mint.ts', `import { a } from '../grpc/auth.js';`],
    ['connect imports grpc-js', 'src/connect/auth.ts', `import type { Server } from '@grpc/grpc-js';`],
    ['http imports connect', 'src/http/auth.ts', `import { a } from '../connect/auth.js';`],
    ['http imports Connect', 'src/http/auth.ts', `import 'connect'; import type { Code } from '@connectrpc/connect';`],
    ['node imports a transport folder', 'src/node/auth.ts', `import { a } from '../http/auth.js';`],
    ['gate imports Connect', 'src/gate/gate.ts', `import type { Code } from '@connectrpc/connect';`],
    ['connect imports token types', 'src/connect/auth.ts', `import '../../gen/message_api/v1/authn_pb.js';`],
    ['reasons of errors import the gate', 'src/auth-details.ts', `import { g } from './gate/gate.js';`],
    ['grpc imports connect packages', 'src/grpc/auth.ts', `import { connect } from '@connectrpc/connect';`],
    ['gate imports a Redis client', 'src/gate/gate.ts', `import 'ioredis';`],
    ['grpc imports ipaddr.js', 'src/grpc/auth.ts', `import 'ipaddr.js';`],
    ['redis imports a transport folder', 'src/redis/limits.ts', `import type { a } from '../grpc/auth.js';`],
    ['level imports a transport folder', 'src/level/store.ts', `import type { a } from '../grpc/auth.js';`],
    ['devices import level', 'src/devices/registry.ts', `import type { s } from '../level/store.js';`],
    ['redis imports LevelDB', 'src/redis/limits.ts', `import type { ClassicLevel } from 'classic-level';`],
    ['otel imports a transport folder', 'src/otel/metrics.ts', `import type { a } from '../grpc/auth.js';`],
    ['gate imports OpenTelemetry', 'src/gate/gate.ts', `import type { Meter } from '@opentelemetry/api';`],
    ['verify imports noble', 'src/verify/check.ts', `import { hash as other } from '@noble/hashes/sha2.js';`],
    ['client imports noble by export', 'src/client/create.ts', `export { sign } from '@noble/secp256k1';`],
    ['gen imports src', 'gen/google/rpc/status_pb.ts', `import { e } from '../../../src/errors.js';`],
    ['a new folder', 'src/misc/thing.ts', 'export {};'],
    ['a missing file', 'src/verify/check.ts', `import { gone } from './gone.js';`],
    ['inside code imports an entry', 'src/grpc/auth.ts', `import { c } from '../client/index.js';`],
    ['inside code imports the main entry', 'src/cli/main.ts', `import { v } from '../index.js';`],
    ['an entry holds code', 'src/client/index.ts', 'export const version = 1;'],
    ['an entry holds an import', 'src/index.ts', `import { v } from './verify/check.js';`],
    ['an entry exports something of its own', 'src/grpc/index.ts', 'export {};'],
    ['a node module below the main entry', 'src/verify/check.ts', `import { readFileSync } from 'node:fs';`],
    ['a node module without prefix below client', 'src/client/create.ts', `import { readFileSync } from 'fs';`],
    ['a node module in gen below the main entry', 'gen/message_contents/signature_pb.ts', `import 'node:fs';`],
    ['a node module by way of curves', 'src/verify/check.ts', `import type { n } from '../curves/native.js';`],
    ['Buffer below the main entry', 'src/token/decode.ts', 'const b = Buffer.from([]);'],
    ['Buffer by way of globalThis', 'src/client/create.ts', 'const b = globalThis.Buffer;'],
    ['a type import', 'src/token/decode.ts', `import type { hash } from '../crypto/hash.js';`],
    ['an import in a type', 'src/token/decode.ts', `type H = import('../crypto/hash.js').hash;`],
    ['a dynamic import', 'src/token/decode.ts', `const h = import('../crypto/hash.js');`],
    ['a dynamic import of a template', 'src/token/decode.ts', 'const h = import(`../crypto/hash.js`);'],
    ['a require', 'src/token/decode.ts', `const h = require('../crypto/hash.js');`],
    ['an import by assignment', 'src/token/decode.ts', `import h = require('../crypto/hash.js');`],
    ['an import for its effects', 'src/token/decode.ts', `import '../crypto/hash.js';`],
    ['an export of everything', 'src/token/decode.ts', `export * from '../crypto/hash.js';`],
    ['a file that imports itself', 'src/verify/check.ts', `import type { v as w } from './check.js';`],
  ])('finds: %s', (_, path, line) => {
    expect(importViolations(planted(path, line)).length).toBeGreaterThan(0);
  });

  it('says who imports what, and by which way a node module is reached', () => {
    expect(importViolations(planted('src/token/decode.ts', `import '../crypto/hash.js';`))).toEqual([
      'src/token/decode.ts imports src/crypto/hash.ts; token may not',
    ]);
    expect(importViolations(planted('src/token/decode.ts', `import 'node:fs';`))).toEqual([
      'node:fs is reached from src/index.ts → src/verify/check.ts → src/token/decode.ts',
      'node:fs is reached from src/client/index.ts → src/client/create.ts → src/token/decode.ts',
    ]);
  });

  it('finds a cycle of any length, types included', () => {
    const loop = {
      ...good,
      'src/verify/a.ts': `import type { b } from './b.js'; export const a = 1;`,
      'src/verify/b.ts': `import { c } from './c.js'; export const b = c;`,
      'src/verify/c.ts': `export { a as c } from './a.js';`,
    };
    expect(importViolations(loop)).toEqual([
      'cycle: src/verify/a.ts → src/verify/b.ts → src/verify/c.ts → src/verify/a.ts',
    ]);
  });

  it('does not take two ways to one file for a cycle', () => {
    const diamond = {
      ...good,
      'src/verify/a.ts': `import { b } from './b.js'; import { c } from './c.js'; export const a = [b, c];`,
      'src/verify/b.ts': `import { d } from './d.js'; export const b = d;`,
      'src/verify/c.ts': `import { d } from './d.js'; export const c = d;`,
      'src/verify/d.ts': 'export const d = 1;',
    };
    expect(importViolations(diamond)).toEqual([]);
  });

  it('is not misled by comments and texts', () => {
    const quiet = `// import '../crypto/hash.js'\nconst t = "import '../crypto/hash.js'; Buffer";`;
    expect(importViolations(planted('src/token/decode.ts', quiet))).toEqual([]);
  });
});
