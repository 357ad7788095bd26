import { Metadata, status as Status, type ServiceError, type StatusObject } from '@grpc/grpc-js';

import { KeepAlive, KEEP_ALIVE_TIMEOUT_MS, type KeepAliveEnd } from '../../client/keep-alive.js';
import { learnFromHeaders } from '../../client/learn.js';
import type { TargetTokenSource } from '../../client/token-source.js';
import { bearerValue } from '../../token/bearer.js';
import { authDetailsOf } from '../status.js';
import { answerHeaders } from './answer-headers.js';
import type { Call } from './call-record.js';
import { channelOf, type CallMaker } from './channel-of.js';

/** How tokens are kept in front of the node. */
export interface GrpcKeepAliveSettings {
  /** The method that is called, `/pkg.Service/Method`. */
  readonly path: string;
  /** Is called for each keep-alive call after which the node may not have seen the token. */
  readonly onError: (error: Error) => void;
}

/** Keeps tokens in front of a node by calls on the channels of its streams; no interceptor sees them. */
export function grpcKeepAlive(source: TargetTokenSource, { path, onError }: GrpcKeepAliveSettings): KeepAlive<Call> {
  async function show(token: string, stream: Call): Promise<KeepAliveEnd> {
    const channel = channelOf(stream);
    if (channel === undefined) return { ...endOf(path, OUT_OF_REACH), isImpossible: true };
    const learn = (headers: Metadata) => learnFromHeaders(source, token, answerHeaders(headers));
    return endOf(path, await unaryCall(channel, path, token, learn));
  }

  return new KeepAlive(source, { show, onError });
}

const OUT_OF_REACH: StatusObject = {
  code: Status.UNKNOWN,
  details: 'the channel of a stream is out of reach',
  metadata: new Metadata(),
};

function endOf(path: string, status: StatusObject): KeepAliveEnd {
  const text = `keep-alive call of ${path}: ${Status[status.code]}: ${status.details}`;
  const error: ServiceError = Object.assign(new Error(text), status);
  return { code: status.code, details: authDetailsOf(status), error };
}

/** Sends an empty message with a token, on the channel itself. */
function unaryCall(
  channel: CallMaker,
  path: string,
  token: string,
  onHeaders: (headers: Metadata) => unknown,
): Promise<StatusObject> {
  const metadata = new Metadata();
  metadata.set('authorization', bearerValue(token));
  return new Promise((resolve) => {
    const call = channel.createCall(path, Date.now() + KEEP_ALIVE_TIMEOUT_MS, null, null, undefined);
    call.start(metadata, {
      onReceiveMetadata: (headers) => void onHeaders(headers),
      onReceiveMessage: () => call.startRead(),
      onReceiveStatus: resolve,
    });
    call.sendMessageWithContext({}, Buffer.alloc(0));
    call.halfClose();
    call.startRead();
  });
}
