import { loadPackageDefinition, type GrpcObject, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** One message of a topic. */
export interface Envelope {
  readonly contentTopic: string;
}

export interface PublishRequest {
  readonly envelopes: readonly Envelope[];
}

export interface BatchQueryRequest {
  readonly requests: readonly object[];
}

const DIRECTORY = 'examples/topics'; // relative to the root of the repository, where npm runs its scripts

const options = { includeDirs: [DIRECTORY], longs: String, defaults: true };
const loaded = loadPackageDefinition(loadSync('message_api.proto', options));
const v1 = ((loaded['xmtp'] as GrpcObject)['message_api'] as GrpcObject)['v1'] as GrpcObject;

/** The client of the service; its definition is `MessageApi.service`. */
export const MessageApi = v1['MessageApi'] as ServiceClientConstructor;
