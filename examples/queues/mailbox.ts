import { loadPackageDefinition, type GrpcObject, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface SendRequest {
  readonly wallet: string;
  readonly text: string;
}

export interface PollResponse {
  readonly texts: readonly string[];
}

const DIRECTORY = 'examples/queues'; // relative to the root of the repository, where npm runs its scripts

const loaded = loadPackageDefinition(loadSync('mailbox.proto', { includeDirs: [DIRECTORY], defaults: true }));
const v1 = ((loaded['examples'] as GrpcObject)['queues'] as GrpcObject)['v1'] as GrpcObject;

/** The client of the service; its definition is `Mailbox.service`. */
export const Mailbox = v1['Mailbox'] as ServiceClientConstructor;
