import type { ServerInterceptingCall } from '@grpc/grpc-js';

/**
 * Where a call comes from, as the gate reads it: `203.0.113.7:50101`, or `unix:` on a Unix socket. grpc-js reports `unknown`
 * for a Unix socket and for a TCP connection that is gone; but it keeps the addresses with which a call began, and a TCP
 * connection had both of them then.
 */
export function peerOf(call: Pick<ServerInterceptingCall, 'getPeer' | 'getConnectionInfo'>): string {
  const peer = call.getPeer();
  if (peer !== 'unknown') return peer;
  const { remoteAddress, localAddress } = call.getConnectionInfo();
  return remoteAddress ?? (localAddress === undefined ? 'unix:' : peer);
}
