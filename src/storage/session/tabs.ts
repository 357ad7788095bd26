import { quietly } from '../../options.js';

/** What a tab tells the others: it stored an identity of a wallet, wiped it, or its user rejected the prompt. */
export interface TabMessage {
  readonly kind: 'saved' | 'removed' | 'rejected';
  readonly wallet: string | undefined;
}

/** The other tabs that have the same storage. */
export interface Tabs {
  post(message: TabMessage): void;
  close(): void;
}

interface Channel {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  postMessage(message: unknown): void;
  close(): void;
  unref?: () => unknown;
}

const nobody: Tabs = Object.freeze({ post: () => undefined, close: () => undefined });

/** Joins the other tabs; where there is no BroadcastChannel, or nothing is shared, there are none. */
export function joinTabs(name: string | undefined, onMessage: (message: TabMessage) => void): Tabs {
  const { BroadcastChannel } = globalThis as unknown as { BroadcastChannel?: new (name: string) => Channel };
  if (name === undefined || BroadcastChannel === undefined) return nobody;
  const channel = new BroadcastChannel(`grpc-wallet-auth ${name}`);
  channel.unref?.(); // in Node it would keep the process alive
  channel.addEventListener('message', ({ data }) => onMessage(Object(data) as TabMessage));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- channels have none
  return { post: (message) => quietly(() => channel.postMessage(message)), close: () => channel.close() };
}
