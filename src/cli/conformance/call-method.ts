import { Client, Metadata, type ChannelCredentials, type ServiceError, type StatusObject } from '@grpc/grpc-js';

import { authDetailsOf } from '../../grpc/status.js';
import type { Answer, Caller } from './answer.js';

/** A method of a running node. */
export interface MethodUnderTest {
  /** `host:port`. */
  readonly address: string;
  readonly credentials: ChannelCredentials;
  /** `package.Service/Method`. */
  readonly method: string;
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs: number;
}

const same = (content: Buffer) => content;
const EMPTY = Buffer.alloc(0);

/** Opens a channel to a node. Every call sends an empty message. */
export function openMethod(node: MethodUnderTest): { readonly call: Caller; readonly close: () => void } {
  const { address, credentials, method, timeoutMs } = node;
  const client = new Client(address, credentials, { 'grpc.enable_retries': 0 });

  const call: Caller = (authorization) => {
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    return new Promise((resolve) => {
      let initial: Metadata | undefined;
      const done = (error: ServiceError | null) => resolve(answerOf(error, initial));
      const deadline = Date.now() + timeoutMs;
      client.makeUnaryRequest(`/${method}`, same, same, EMPTY, metadata, { deadline }, done).on('metadata', (sent) => {
        initial = sent;
      });
    });
  };
  return { call, close: () => client.close() };
}

function answerOf(error: Partial<StatusObject> | null, initial: Metadata | undefined): Answer {
  const details = authDetailsOf(error);
  const end = initial?.get('wallet-token-expires-at-ms')[0];
  const handed = initial?.get('wallet-challenge-bin')[0];
  return {
    code: error?.code ?? 0,
    message: error?.details ?? '',
    details,
    tokenEndMs: typeof end === 'string' && /^\d{1,15}$/.test(end) ? Number(end) : undefined,
    challenge: handed instanceof Uint8Array ? handed.toString('hex') : details?.info['challenge'],
  };
}
