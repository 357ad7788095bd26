import type { Client } from '@connectrpc/connect';
import { authReasonOf } from 'grpc-wallet-auth/connect';

import type { ChatService, Message } from '../gen/chat_pb.js';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

/** What is called, and when it ends. */
export interface Listener {
  /** Called with what was said, each message once, and with nothing if nothing was said yet. */
  onMessages(messages: readonly Message[]): void;
  /** Called when the stream ended and another one will be opened. */
  onInterrupted(): void;
  readonly signal: AbortSignal;
}

/**
 * Listens until the signal, and opens the stream again whenever it ends otherwise.
 * @returns whether the node has revoked this device: no later try would help.
 */
export async function listen(chat: Client<typeof ChatService>, listener: Listener): Promise<boolean> {
  const { signal } = listener;
  let afterMs = 0n;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    try {
      for await (const { messages } of chat.listen({ afterMs }, { signal })) {
        listener.onMessages(messages);
        afterMs = messages.at(-1)?.sentAtMs ?? afterMs;
        delayMs = FIRST_DELAY_MS;
      }
    } catch (error) {
      if (signal.aborted) return false;
      if (authReasonOf(error) === 'DEVICE_REVOKED') return true;
    }
    listener.onInterrupted();
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (signal.aborted) return false;
  }
}
