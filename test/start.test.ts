import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

// What is built is looked at, so build before you run this file by itself.

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, unknown> };
const entries = Object.entries(manifest.exports).flatMap(([entry, target]) =>
  typeof target === 'string' ? [] : [join('grpc-wallet-auth', entry)],
);

/** Runs a program in the folder of the package, which it can import by its name. */
function run(program: string, type: 'module' | 'commonjs', env: Readonly<Record<string, string>> = {}): string {
  return execFileSync(process.execPath, [`--input-type=${type}`, '-e', program], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The files that a program loads, by their paths in the package, as V8 tells. */
function filesLoadedBy(program: string, type: 'module' | 'commonjs' = 'module'): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'loaded-'));
  try {
    run(program, type, { NODE_V8_COVERAGE: dir });
    return readdirSync(dir).flatMap((file) => {
      const { result } = JSON.parse(readFileSync(join(dir, file), 'utf8')) as { result: { url: string }[] };
      return result.flatMap(({ url }) => (url.startsWith('file:') ? [fileURLToPath(url)] : []));
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const own = (files: readonly string[]) => files.filter((file) => file.startsWith(join(root, 'dist')));
const ofProtobufEs = (files: readonly string[]) => files.filter((file) => file.includes('@bufbuild/protobuf'));

describe('an import reads few files', () => {
  it.each([
    ['grpc-wallet-auth', 4],
    ['grpc-wallet-auth/client', 3],
    ['grpc-wallet-auth/gate', 12],
    ['grpc-wallet-auth/grpc', 13],
    ['grpc-wallet-auth/http', 13],
    ['grpc-wallet-auth/connect', 13],
  ])('%s at most %d of this package, by import and by require', (entry, most) => {
    for (const files of [filesLoadedBy(`await import('${entry}')`), filesLoadedBy(`require('${entry}')`, 'commonjs')]) {
      expect(own(files).length).toBeGreaterThan(0);
      expect(own(files).length).toBeLessThanOrEqual(most);
    }
  });
});

describe('protobuf-es is loaded where it is needed', () => {
  it.each([
    ...['', '/client', '/gate', '/grpc', '/http', '/devices', '/node'].map((entry) => [
      `not by an import of grpc-wallet-auth${entry}`,
      `import 'grpc-wallet-auth${entry}'`,
    ]),
    [
      'not by a gate whose rules are in code, nor by its refusals',
      `import { createGate } from 'grpc-wallet-auth/gate';
      const services = [{ read: { path: '/notes.v1.Notes/Read' } }];
      const gate = createGate({ services, rules: { 'notes.v1.Notes/*': 'required' } });
      const call = { method: '/notes.v1.Notes/Read', peer: undefined, metadata: undefined, header: () => [] };
      const { admitted } = await gate.decide(call, 'Bearer junk');
      if (admitted) throw new Error('admitted');`,
    ],
    [
      'not by an interceptor of grpc-js',
      `import { walletAuth } from 'grpc-wallet-auth/grpc';
      walletAuth({ rules: { '*': 'required' } });`,
    ],
  ])('%s', (_, program) => {
    expect(ofProtobufEs(filesLoadedBy(program))).toEqual([]);
  });

  it.each([
    [
      'import',
      'module',
      `import { createGate } from 'grpc-wallet-auth/gate';
      import { grpcServiceDefinition } from 'grpc-wallet-auth/grpc';
      import { DemoService } from 'grpc-wallet-auth/proto';`,
      '/protobuf/dist/esm/',
    ],
    [
      'require',
      'commonjs',
      `const { createGate } = require('grpc-wallet-auth/gate');
      const { grpcServiceDefinition } = require('grpc-wallet-auth/grpc');
      const { DemoService } = require('grpc-wallet-auth/proto');`,
      '/protobuf/dist/esm/',
    ],
  ] as const)('once, and the same for generated code and for what reads it: %s', (_, type, imports, copy) => {
    const program = `${imports}
      const bytes = grpcServiceDefinition(DemoService).whoAmI.requestSerialize({});
      if (!Buffer.isBuffer(bytes)) throw new Error('no bytes');
      createGate({ services: [DemoService] }); // reads its options`;
    const files = ofProtobufEs(filesLoadedBy(program, type));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !file.includes(copy))).toEqual([]);
  });
});

describe('all entries share one copy of everything', () => {
  const CHECKS = `
    const same = (name) => {
      const values = new Set(entries.map((entry) => entry[name]).filter((value) => value !== undefined));
      if (values.size !== 1) throw new Error(values.size + ' of ' + name);
    };
    for (const name of ['AuthError', 'isAuthReason', 'accessList', 'healthRules']) same(name);
    const all = Object.fromEntries(names.map((name, i) => [name.replace(/^grpc-wallet-auth\\/?/, '') || 'main', entries[i]]));
    const check = async () => {
      const { client, connect, devices, gate, grpc, http, main, testing } = all;
      const token = client.createToken(testing.mintIdentity()); // the secrets of an identity that another entry made
      const { wallet } = main.createVerifier().verify('Bearer ' + token);
      const registry = await devices.createDeviceRegistry();
      const made = gate.createGate({ devices: registry }); // what is inside a registry that another entry made
      for (const { walletAuth } of [grpc, http, connect]) walletAuth(made);
      for (const { walletAuth } of [grpc, http, connect]) {
        let refused = false;
        try { walletAuth({ ...made }); } catch { refused = true; }
        if (!refused) throw new Error('anything is taken for a gate');
      }
      await registry.close();
      try { main.createVerifier().verify('Bearer junk'); } catch (error) {
        if (!(error instanceof grpc.AuthError)) throw error;
        console.log(wallet === testing.testWallets.alice.address ? 'one' : wallet);
      }
    };`;
  const list = `const names = ${JSON.stringify(entries)};`;

  it('by import', () => {
    const program = `${list} const entries = await Promise.all(names.map((name) => import(name))); ${CHECKS} await check();`;
    expect(run(program, 'module')).toBe('one\n');
  });

  it('by require', () => {
    expect(run(`${list} const entries = names.map((name) => require(name)); ${CHECKS} check();`, 'commonjs')).toBe(
      'one\n',
    );
  });

  it('by import and by require in one program', () => {
    const program = `${list}
      const required = names.map((name) => require(name));
      Promise.all(names.map((name) => import(name))).then((imported) => {
        const entries = imported.flatMap((each, i) => [each, required[i]]);
        for (const [i, each] of imported.entries())
          for (const [key, value] of Object.entries(each)) if (required[i][key] !== value) throw new Error(names[i] + ' ' + key);
        console.log('one');
      });`;
    expect(run(program, 'commonjs')).toBe('one\n');
  });
});
