import { clone, createFileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';

import { createGate } from '../../../src/gate/create-gate.js';
import { builtProto, builtService, type BuiltFile } from '../../support/built-proto.js';

const owner = { name: 'owner', own: true };
const services = { S: { methods: { Call: { input: 'Request' } } } };

/** Makes a gate for the service of a proto2 file. */
const gateOf = (file: Omit<BuiltFile, 'syntax' | 'services'>) => () =>
  createGate({ services: [builtService(builtProto({ syntax: 'proto2', services, ...file }))] });

describe('own_wallet on a proto2 extension', () => {
  it.each<[string, string, Omit<BuiltFile, 'syntax' | 'services'>]>([
    ['of a request', 'test.v1.owner', { messages: { Request: [] }, extensions: { Request: [owner] } }],
    [
      'of a message inside a request',
      'test.v1.owner',
      { messages: { Request: [{ name: 'item', message: 'Item' }], Item: [] }, extensions: { Item: [owner] } },
    ],
    [
      'whose message has a marked field',
      'test.v1.item',
      { messages: { Request: [], Item: [owner] }, extensions: { Request: [{ name: 'item', message: 'Item' }] } },
    ],
    [
      'of a message in another extension',
      'test.v1.owner',
      {
        messages: { Request: [], Item: [] },
        extensions: { Request: [{ name: 'item', message: 'Item' }], Item: [owner] },
      },
    ],
  ])('is refused at construction, by name: one %s', (_, name, file) => {
    expect(gateOf(file)).toThrow(
      new TypeError(`extension ${name}: own_wallet is not checked in extensions; use a field of the message itself`),
    );
  });

  it('is refused where a message declares it, as one of the file is', () => {
    const scopes = { Scope: [], Request: [] };
    const registry = builtProto({ syntax: 'proto2', services, messages: scopes, extensions: { Request: [owner] } });
    const file = clone(FileDescriptorProtoSchema, registry.getFile('test/v1/built.proto')!.proto);
    file.messageType[0]!.extension = file.extension.splice(0);
    const moved = builtService(createFileRegistry(file, (name) => registry.getFile(name)));
    expect(() => createGate({ services: [moved] })).toThrow(
      /^extension test\.v1\.Scope\.owner: own_wallet is not checked/,
    );
  });

  it.each<[string, Omit<BuiltFile, 'syntax' | 'services'>]>([
    ['without the option', { messages: { Request: [] }, extensions: { Request: [{ name: 'note' }] } }],
    ['whose option is false', { messages: { Request: [] }, extensions: { Request: [{ name: 'note', own: false }] } }],
    ['of a message that no request holds', { messages: { Request: [], Other: [] }, extensions: { Other: [owner] } }],
    [
      'beside a marked field',
      {
        messages: { Request: [{ name: 'owner', own: true }] },
        extensions: { Request: [{ name: 'note' }] },
      },
    ],
  ])('is no business of an extension %s', (_, file) => {
    expect(gateOf(file)).not.toThrow();
  });

  it('works on the fields of proto2 messages', () => {
    expect(gateOf({ messages: { Request: [owner] } })).not.toThrow();
  });
});
