import type { ServerInterceptingCall } from '@grpc/grpc-js';

type Listener = Parameters<ServerInterceptingCall['start']>[0];

/** What a handler hears of its call; of its end, once. */
export type CancellableListener = Listener;

/** A listener that passes everything on, and `onCancel` only the first time: grpc-js says it too when the call is gone. */
export function onceCancelled(listener: Listener): CancellableListener {
  let cancelled = false;
  return {
    onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
    onReceiveMessage: (message: unknown) => listener.onReceiveMessage(message),
    onReceiveHalfClose: () => listener.onReceiveHalfClose(),
    onCancel() {
      if (cancelled) return;
      cancelled = true;
      listener.onCancel();
    },
  };
}
