import { EventEmitter, once } from 'node:events';

import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';

import { MessageSchema, type Message } from './gen/chat_pb.js';

const MAX_MESSAGES = 100;
const MAX_LENGTH = 500;

/** What was said of late. Nothing is queued for listeners: one that is slow misses what is not kept any more. */
export class Room {
  readonly #said = new EventEmitter().setMaxListeners(0);
  readonly #now: () => Date;
  #messages: Message[] = [];

  constructor(now = () => new Date()) {
    this.#now = now;
  }

  say(wallet: string, text: string): object {
    if (text.trim() === '' || text.length > MAX_LENGTH) {
      throw new ConnectError(`a message has 1 to ${MAX_LENGTH} characters`, Code.InvalidArgument);
    }
    const lastMs = this.#messages.at(-1)?.sentAtMs ?? 0n;
    const nowMs = BigInt(this.#now().getTime());
    const message = create(MessageSchema, { wallet, text, sentAtMs: nowMs > lastMs ? nowMs : lastMs + 1n });
    this.#messages = [...this.#messages, message].slice(-MAX_MESSAGES);
    this.#said.emit('message');
    return {};
  }

  /**
   * @param signal ends it.
   * @yields what was said before, which may be nothing, and then what is said from now on.
   */
  async *listen(afterMs: bigint, signal: AbortSignal): AsyncGenerator<{ messages: Message[] }> {
    for (let isFirst = true; ; isFirst = false) {
      const messages = this.#messages.filter(({ sentAtMs }) => sentAtMs > afterMs);
      afterMs = messages.at(-1)?.sentAtMs ?? afterMs;
      if (isFirst || messages.length > 0) yield { messages };
      else await once(this.#said, 'message', { signal });
    }
  }
}
