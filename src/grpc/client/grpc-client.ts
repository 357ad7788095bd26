import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  ClientWritableStream,
  Metadata,
  requestCallback,
} from '@grpc/grpc-js';

/** A grpc-js client of a generated service, typed. Requests may be plain objects. */
export type GrpcClient<S extends DescService> = Client & { [K in keyof S['method']]: ClientMethod<S['method'][K]> };

type ClientMethod<M> = M extends DescMethod
  ? {
      unary: UnaryMethod<MessageInitShape<M['input']>, MessageShape<M['output']>>;
      server_streaming: StreamMethod<
        [request: MessageInitShape<M['input']>],
        ClientReadableStream<MessageShape<M['output']>>
      >;
      client_streaming: UploadMethod<MessageInitShape<M['input']>, MessageShape<M['output']>>;
      bidi_streaming: StreamMethod<[], ClientDuplexStream<MessageInitShape<M['input']>, MessageShape<M['output']>>>;
    }[M['methodKind']]
  : never;

interface UnaryMethod<I, O> {
  (request: I, callback: requestCallback<O>): ClientUnaryCall;
  (request: I, options: Metadata | CallOptions, callback: requestCallback<O>): ClientUnaryCall;
  (request: I, metadata: Metadata, options: CallOptions, callback: requestCallback<O>): ClientUnaryCall;
}

interface UploadMethod<I, O> {
  (callback: requestCallback<O>): ClientWritableStream<I>;
  (options: Metadata | CallOptions, callback: requestCallback<O>): ClientWritableStream<I>;
  (metadata: Metadata, options: CallOptions, callback: requestCallback<O>): ClientWritableStream<I>;
}

interface StreamMethod<A extends unknown[], R> {
  (...args: [...A, options?: Metadata | CallOptions]): R;
  (...args: [...A, metadata: Metadata, options?: CallOptions]): R;
}
