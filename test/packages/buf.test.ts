import { beforeAll, beforeEach, expect, it } from 'vitest';

import { scaffold } from './support/scaffold.js';
import { snippetsOf } from './support/snippets.js';

const folder = scaffold('module', [
  '@bufbuild/buf@1.74.0',
  '@bufbuild/protobuf@2.17.0',
  '@bufbuild/protoc-gen-es@2.13.0',
  '@grpc/grpc-js@1.14.7',
  '@types/node@20.19.43',
  'typescript@6.0.3',
]);

const NOTES = `syntax = "proto3";

package notes.v1;

import "walletauth/v1/options.proto";

service NotesService {
  rpc Read(ReadRequest) returns (ReadResponse) {
    option (walletauth.v1.method) = {auth: AUTH_PUBLIC};
  }
  rpc Write(WriteRequest) returns (WriteResponse);
}

message ReadRequest {}
message ReadResponse {}
message WriteRequest {
  string owner = 1 [(walletauth.v1.own_wallet) = true];
}
message WriteResponse {}
`;

/** Calls both methods of its own server without a token. */
const PROGRAM = `
import { credentials, makeClientConstructor, Server, ServerCredentials } from '@grpc/grpc-js';
import { grpcServiceDefinition, walletAuth, type GrpcClient, type GrpcHandlers } from 'grpc-wallet-auth/grpc';
import { NotesService } from './gen/notes/v1/notes_pb.js';

const definition = grpcServiceDefinition(NotesService);
const server = new Server({ interceptors: [walletAuth({ services: [NotesService] })] });
const handlers: GrpcHandlers<typeof NotesService> = {
  read: (_call, done) => done(null, {}),
  write: (_call, done) => done(null, {}),
};
server.addService(definition, { ...handlers });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), async (_error, port) => {
  const Client = makeClientConstructor(definition, NotesService.typeName);
  const client = new Client(\`127.0.0.1:\${port}\`, credentials.createInsecure());
  const notes = client as unknown as GrpcClient<typeof NotesService>;
  notes.read({}, (read) => {
    notes.write({}, (write) => {
      console.log(read?.code ?? 0, write?.code ?? 0);
      server.tryShutdown(() => client.close());
    });
  });
});`;

beforeAll(() => {
  const { 'buf.yaml': module = '', 'buf.gen.yaml': generation = '' } = snippetsOf('docs/protobuf.md');
  folder.write({ 'buf.yaml': module, 'buf.gen.yaml': generation, 'main.ts': PROGRAM });
});
beforeEach(() => folder.write({ 'proto/notes/v1/notes.proto': NOTES }));

it('buf lint passes beside the package as the page configures it, and still reports what is wrong in own files', async () => {
  expect(await folder.run('buf', ['lint'])).toEqual({ code: 0, output: '' });
  folder.write({ 'proto/notes/v1/notes.proto': NOTES.replaceAll('WriteRequest', 'writeRequest') });
  const { code, output } = await folder.run('buf', ['lint']);
  expect(code).toBe(100);
  expect(output).toContain('proto/notes/v1/notes.proto');
  expect(output).not.toContain('node_modules');
});

it('buf generate makes own files and what they import, and no more; they compile, and walletAuth reads their options', async () => {
  expect(await folder.run('buf', ['generate'])).toEqual({ code: 0, output: '' });
  const compilerOptions = { target: 'es2023', module: 'nodenext', strict: true, types: ['node'], outDir: 'out' };
  folder.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, include: ['main.ts', 'gen'] }) });
  const { code, output } = await folder.run('tsc', ['--listEmittedFiles']);
  const generated = [...output.matchAll(/out\/gen\/(.*)\.js$/gm)].map(([, path]) => path);
  expect(generated.toSorted()).toEqual(['notes/v1/notes_pb', 'walletauth/v1/options_pb']);
  expect(output).not.toContain('error');
  expect(code).toBe(0);
  const { output: printed } = await folder.run('node', ['out/main.js']);
  expect(printed).toBe('0 16\n');
});
