import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { method, own_wallet, service } from '../gen/walletauth/v1/options_pb.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const buf = join(root, 'node_modules/.bin/buf');
const baseline = join(root, 'test/vectors/contract.binpb');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'contract-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function files(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length), readFileSync(path, 'utf8')];
    }),
  );
}

it('gen/ is what proto/ makes', () => {
  execFileSync(buf, ['generate', '--output', dir], { cwd: root });
  expect(files(join(dir, 'gen'))).toEqual(files(join(root, 'gen')));
}, 30_000);

describe('buf breaking against the stored baseline', () => {
  const AUTHN = 'message_api/v1/authn.proto';
  const KEY = 'message_contents/public_key.proto';
  const SIGNATURE = 'message_contents/signature.proto';
  const OPTIONS = 'walletauth/v1/options.proto';
  const DEVICES = 'walletauth/v1/devices.proto';
  const RESTRICTIONS = 'walletauth/v1/restrictions.proto';

  function breaking(file: string, from: string, to: string): { status: number | null; output: string } {
    const copy = mkdtempSync(join(dir, 'copy-'));
    cpSync(join(root, 'proto'), join(copy, 'proto'), { recursive: true });
    cpSync(join(root, 'buf.yaml'), join(copy, 'buf.yaml'));
    const path = join(copy, 'proto', file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
    const { status, stdout } = spawnSync(buf, ['breaking', '--exclude-imports', '--against', baseline], {
      cwd: copy,
      encoding: 'utf8',
    });
    return { status, output: stdout };
  }

  it('lets the contract as it is pass', () => {
    expect(breaking(AUTHN, 'syntax', 'syntax')).toEqual({ status: 0, output: '' });
  });

  it.each([
    ['a field number', AUTHN, 'created_ns = 2', 'created_ns = 3'],
    ['a field type', AUTHN, 'uint64 created_ns', 'fixed64 created_ns'],
    ['a field name', AUTHN, 'wallet_addr', 'wallet_address'],
    ['a message name', AUTHN, 'message AuthData', 'message AuthInfo'],
    ['the package', AUTHN, 'xmtp.message_api.v1', 'xmtp.message_api.v2'],
    ['a number in the key', KEY, 'uint64 timestamp = 1', 'uint64 timestamp = 4'],
    ['a type in the signature', SIGNATURE, 'uint32 recovery = 2', 'int32 recovery = 2'],
    ['a oneof', SIGNATURE, 'oneof union', 'oneof kind'],
    ['a word of a rule', OPTIONS, 'optional uint32 cost = 2', 'optional uint32 price = 2'],
    ['a value of auth', OPTIONS, 'AUTH_PUBLIC = 3', 'AUTH_PUBLIC = 4'],
    ['a method of the device service', DEVICES, 'rpc RevokeDevice(', 'rpc RemoveDevice('],
    ['a fact about a device', DEVICES, 'uint64 last_seen_ms = 4', 'uint64 last_seen_ms = 9'],
    ['the number of the restrictions', AUTHN, 'restrictions = 1600', 'restrictions = 1601'],
    ['the end of a certificate', KEY, 'not_after_ns = 1600', 'not_after_ms = 1600'],
    ['a restriction', RESTRICTIONS, 'bytes challenge = 3', 'string challenge = 3'],
    ['what a rule demands', OPTIONS, 'Require require = 6', 'Require demand = 6'],
    ['the name of an option', OPTIONS, 'optional bool own_wallet =', 'optional bool wallet ='],
  ])('fails when %s changes', (_, file, from, to) => {
    const { status, output } = breaking(file, from, to);
    expect(status).toBe(100);
    expect(output).toContain(file);
  });
});

it('the numbers of the options are those in the register of options.proto', () => {
  const text = readFileSync(join(root, 'proto/walletauth/v1/options.proto'), 'utf8');
  const register = [...text.matchAll(/^\/\/ {3}(\d+) {2}(\S+) +(\w+)$/gm)].map(([, number, extendee, name]) => ({
    number: Number(number),
    extendee,
    name,
  }));
  const extensions = [method, service, own_wallet];
  expect(register).toEqual(
    extensions.map(({ number, extendee, name }) => ({ number, extendee: extendee.typeName, name })),
  );
  expect(register.map(({ number }) => number)).toEqual([87431600, 87431601, 87431602]);
});
