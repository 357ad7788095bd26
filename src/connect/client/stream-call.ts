import { quietly } from '../../options.js';
import { RequestMessages } from './request-messages.js';
import type { AnyNext, AnyRequest, AnyResponse, CallTries } from './tries.js';

type StreamRequest = Extract<AnyRequest, { readonly stream: true }>;
type StreamResponse = Extract<AnyResponse, { readonly stream: true }>;
type Message = StreamResponse['message'] extends AsyncIterable<infer T> ? T : never;

/** How long the headers of an answer are held back at most, in milliseconds: a node may send some before it refuses. */
const HOLD_MS = 100;

/** One try that was not refused yet. */
interface Try {
  readonly response: StreamResponse;
  readonly messages: AsyncIterator<Message>;
  /** The first message, if it was waited for. */
  first: Promise<IteratorResult<Message>> | undefined;
}

/** Makes a stream with a token, and again if that helps and nothing has happened that cannot be repeated. */
export async function streamWithToken(tries: CallTries, request: StreamRequest, next: AnyNext): Promise<AnyResponse> {
  const requests = new RequestMessages(request.message, request.method.methodKind !== 'server_streaming');

  /** Makes tries up to one that is not refused at once. */
  async function begin(): Promise<Try> {
    for (;;) {
      try {
        const header = await tries.headers();
        tries.opened();
        const response = (await next({ ...request, header, message: requests.forNextTry() })) as StreamResponse;
        const made: Try = { response, messages: response.message[Symbol.asyncIterator](), first: undefined };
        if (tries.received(response.header) || !tries.open || !requests.repeatable) return made;
        made.first = made.messages.next();
        await settledOrLate(made.first);
        return made;
      } catch (error) {
        if (!(await tries.again(error, requests.repeatable))) throw closed(error);
      }
    }
  }

  function closed<T>(result: T): T {
    tries.closed();
    return result;
  }

  let current = await begin();
  const message: AsyncIterator<Message> = {
    async next() {
      for (;;) {
        const result = current.first ?? current.messages.next();
        current.first = undefined;
        try {
          const received = await result;
          tries.stop(); // a message was delivered, or the call ended well
          return received.done === true ? closed(received) : received;
        } catch (error) {
          if (!(await tries.again(error, requests.repeatable))) throw closed(error);
          current = await begin();
        }
      }
    },
    async return() {
      tries.closed();
      quietly(() => requests.end());
      await current.messages.return?.();
      return { done: true, value: undefined };
    },
  };
  return { ...current.response, message: { [Symbol.asyncIterator]: () => message } };
}

/** Waits for a message, but not for long. @throws what that fails with in this time; later, whoever waits for it gets it. */
async function settledOrLate(first: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, HOLD_MS)));
  first.catch(() => undefined);
  try {
    await Promise.race([first, late]);
  } finally {
    clearTimeout(timer);
  }
}
