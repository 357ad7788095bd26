import type { ChannelInterface, InterceptingListener, Metadata } from '@grpc/grpc-js';

import type { Call, MessageContext } from './call-record.js';

/** A channel, as far as calls are made on it. */
export interface CallMaker {
  /** Makes a call that takes and gives messages as bytes. The parameters are those of a grpc-js channel. */
  createCall(...parameters: Parameters<ChannelInterface['createCall']>): BytesCall;
}

/** A call below all interceptors. */
export interface BytesCall {
  /** Sends the headers. */
  start(metadata: Metadata, listener: InterceptingListener): void;
  /** Sends a message. */
  sendMessageWithContext(context: MessageContext, message: Buffer): void;
  /** No more messages follow. */
  halfClose(): void;
  /** Wants a message. */
  startRead(): void;
}

/** More calls than this are not in each other. */
const MAX_DEPTH = 32;

/**
 * The channel on which a call was made. grpc-js shows it to no interceptor, so the calls inside each other are followed down
 * to it: `nextCall` of an InterceptingCall, `call` of the one that serializes, `channel` of the lowest.
 * @returns `undefined` where a version of grpc-js, or somebody's own call, is made otherwise.
 */
export function channelOf(call: Call): CallMaker | undefined {
  let each: unknown = call;
  for (let depth = 0; depth < MAX_DEPTH && typeof each === 'object' && each !== null; depth++) {
    const { channel, call: inner, nextCall } = each as Record<string, unknown>;
    if (isCallMaker(channel)) return channel;
    each = inner ?? nextCall;
  }
  return undefined;
}

function isCallMaker(value: unknown): value is CallMaker {
  return typeof (value as CallMaker | null | undefined)?.createCall === 'function';
}
