import {
  createClient,
  ConnectError,
  type Client,
  decodeBinaryHeader,
  type Code,
  type Interceptor,
  type Transport as ClientTransport,
} from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';

import { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { authDetailsOf } from '../../src/auth-details.js';
import type { AuthReason } from '../../src/errors.js';
import { CHALLENGE_KEY, EXPIRES_KEY } from '../../src/status-details.js';
import type { Protocol } from './node.js';

/** What a call came to. */
export interface Outcome {
  /** The wallets that the answers name. */
  readonly wallets: readonly string[];
  /** The status; `undefined` for OK. */
  readonly code: Code | undefined;
  /** The text of the status. */
  readonly message: string | undefined;
  readonly reason: AuthReason | undefined;
  /** What the node said beside the reason, without its time. */
  readonly info: Readonly<Record<string, string>> | undefined;
  readonly retryAfterMs: number | undefined;
  /** When the token ends, as the headers of an answer say. */
  readonly expiresAtMs: string | null;
  /** The challenge in them, in hex. */
  readonly challenge: string | null;
}

/** A client of the demo service. */
export type DemoClient = Client<typeof DemoService>;

/** A connection to a node over a protocol. */
export interface Connection {
  readonly transport: ClientTransport;
  readonly client: DemoClient;
  close(): void;
}

/** Connects to a node. */
export function connectionTo(
  baseUrl: string,
  { name, httpVersion }: Protocol,
  interceptors: Interceptor[] = [],
): Connection {
  const sessionManager = new Http2SessionManager(baseUrl);
  const options = {
    baseUrl,
    interceptors,
    ...(httpVersion === '2' ? { httpVersion, sessionManager } : { httpVersion }),
  };
  const transport =
    name === 'grpc'
      ? createGrpcTransport({ baseUrl, sessionManager, interceptors })
      : name === 'grpc-web'
        ? createGrpcWebTransport(options)
        : createConnectTransport(options);
  return { transport, client: createClient(DemoService, transport), close: () => sessionManager.abort() };
}

/** Headers of a call. */
export type CallHeaders = Readonly<Record<string, string>>;

/** A call of each kind, to its end. */
export const callKinds = {
  unary: (client: DemoClient, headers: CallHeaders) =>
    outcomeOf(headers, async (options) => [await client.whoAmI({}, options)]),
  'client stream': (client: DemoClient, headers: CallHeaders) =>
    outcomeOf(headers, async (options) => [await client.collectNotes(lines('a', 'b'), options)]),
  'server stream': (client: DemoClient, headers: CallHeaders) =>
    outcomeOf(headers, (options) => client.countUp({ limit: 2 }, options)),
  'bidi stream': (client: DemoClient, headers: CallHeaders) =>
    outcomeOf(headers, (options) => client.chat(lines('a', 'b'), options)),
} as const;

export type CallKind = keyof typeof callKinds;

export const kinds = Object.keys(callKinds) as CallKind[];

/** The kinds of calls that a protocol can carry from client to server and back. */
export function kindsOver({ httpVersion }: Protocol): CallKind[] {
  return kinds.filter((kind) => httpVersion === '2' || kind !== 'bidi stream');
}

/** The paths of the demo service's methods, by call kind. */
export const methodOf = {
  unary: '/walletauth.demo.v1.DemoService/WhoAmI',
  'client stream': '/walletauth.demo.v1.DemoService/CollectNotes',
  'server stream': '/walletauth.demo.v1.DemoService/CountUp',
  'bidi stream': '/walletauth.demo.v1.DemoService/Chat',
} as const;

interface Options {
  readonly headers: CallHeaders;
  readonly onHeader: (headers: Headers) => void;
}

/** Makes a call and looks at what it came to. */
export async function outcomeOf(
  headers: CallHeaders,
  call: (options: Options) => AsyncIterable<object> | Promise<Iterable<object>>,
): Promise<Outcome> {
  const wallets: string[] = [];
  let expiresAtMs: string | null = null;
  let challenge: string | null = null;
  const onHeader = (received: Headers) => {
    expiresAtMs = received.get(EXPIRES_KEY);
    const value = received.get(CHALLENGE_KEY);
    challenge = value === null ? null : Buffer.from(decodeBinaryHeader(value)).toString('hex');
  };
  try {
    for await (const answer of (await call({ headers, onHeader })) as AsyncIterable<object>) {
      wallets.push((answer as { wallet?: string }).wallet ?? '');
    }
    return { wallets, ...statusOf(undefined), expiresAtMs, challenge };
  } catch (error) {
    return { wallets, ...statusOf(error), expiresAtMs, challenge };
  }
}

/** What an error says; nothing for a call that ended well. */
export function statusOf(error: unknown): Omit<Outcome, 'wallets' | 'expiresAtMs' | 'challenge'> {
  const none = { code: undefined, message: undefined, reason: undefined, info: undefined, retryAfterMs: undefined };
  if (error === undefined) return none;
  if (!(error instanceof ConnectError)) throw error;
  const details = authDetailsOf(error);
  const { server_time_ms: _, ...info } = details?.info ?? {};
  return {
    code: error.code,
    message: error.rawMessage,
    reason: details?.reason,
    info: details && info,
    retryAfterMs: details?.retryAfterMs,
  };
}

async function* lines(...texts: string[]) {
  for (const text of texts) yield { text };
}

/** A chat that stays open. */
export interface OpenChat {
  /** Says a line and waits for its echo. */
  line(text: string): Promise<void>;
  /** Says a line. */
  say(text: string): void;
  /** Ends the chat from this side. */
  hangUp(): void;
  /** Cancels it. */
  cancel(): void;
  /** Every echo so far. */
  readonly heard: readonly string[];
  /** What the chat came to. */
  readonly ended: Promise<Omit<Outcome, 'wallets' | 'expiresAtMs' | 'challenge'>>;
}

/** Opens a chat. Its first line has been answered when it is there. */
export async function openChat(client: DemoClient, headers: CallHeaders): Promise<OpenChat> {
  const said: string[] = [];
  let wake = () => undefined as void;
  let isOver = false;
  const controller = new AbortController();
  const heard: string[] = [];
  const waiting: (() => void)[] = [];
  async function* requests() {
    for (;;) {
      for (let text = said.shift(); text !== undefined; text = said.shift()) yield { text };
      if (isOver) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  async function run() {
    try {
      for await (const { text } of client.chat(requests(), { headers, signal: controller.signal })) {
        heard.push(text);
        waiting.shift()?.();
      }
      return statusOf(undefined);
    } catch (error) {
      return statusOf(error);
    }
  }
  const say = (text: string) => {
    said.push(text);
    wake();
  };
  const chat: OpenChat = {
    heard,
    say,
    line: (text) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        say(text);
      }),
    hangUp: () => {
      isOver = true;
      wake();
    },
    cancel: () => controller.abort(),
    ended: run(),
  };
  await chat.line('hello');
  return chat;
}
