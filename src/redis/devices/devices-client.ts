/**
 * What is needed of a Redis client: one of ioredis (`Redis`, by Sentinel too, or `Cluster`) or iovalkey, or of `redis`
 * (`createClient`, `createCluster`, `createSentinel`).
 */
export type DevicesClient =
  | { call(command: string, ...args: string[]): Promise<unknown>; duplicate(): unknown }
  | { sendCommand(args: string[]): Promise<unknown>; duplicate(): unknown }
  | { sendCommand(isReadonly: boolean | undefined, args: string[]): Promise<unknown>; duplicate(): unknown }
  | {
      sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
      duplicate(): unknown;
    };

/** Sends a command whose first key is known: in a cluster, the key's node gets it. */
export type SendCommand = (firstKey: string, command: readonly string[]) => Promise<unknown>;

/** What clients have, each some of it. */
export interface AnyClient {
  readonly call?: (...command: readonly string[]) => Promise<unknown>;
  readonly sendCommand?: (...args: readonly unknown[]) => Promise<unknown>;
  readonly duplicate?: (...overrides: readonly unknown[]) => unknown;
  readonly connect?: () => Promise<unknown>;
  readonly disconnect?: () => unknown;
  readonly destroy?: () => unknown;
  readonly on?: (event: string, listener: (...args: never[]) => void) => unknown;
  /** Of ioredis. */
  readonly isCluster?: boolean;
  readonly status?: string;
  readonly stream?: Unreferable;
  readonly nodes?: () => readonly AnyClient[];
  /** Of a cluster of `redis`. */
  readonly nodeClient?: unknown;
  readonly masters?: readonly { readonly client?: unknown }[];
  /** Of a client of `redis` that asks Sentinel. */
  readonly acquire?: unknown;
  readonly unref?: () => unknown;
}

interface Unreferable {
  readonly unref?: () => unknown;
}

/** Whether a client is one of ioredis, or of what descends from it. */
export const isIoredis = (client: AnyClient): boolean => typeof client.call === 'function';

/** @throws TypeError if the client is none, or cannot make another like itself. */
export function senderOf(client: DevicesClient): SendCommand {
  const any = (client ?? {}) as AnyClient;
  const { call, sendCommand, duplicate } = any;
  if (typeof call !== 'function' && typeof sendCommand !== 'function')
    throw new TypeError('client must be a client of ioredis or redis: { call } or { sendCommand }');
  if (typeof duplicate !== 'function') throw new TypeError('client must have duplicate(), for a connection that waits');
  return sendBy(any);
}

/** The way to send by a client; the same for one that it made. */
export function sendBy(client: AnyClient): SendCommand {
  if (isIoredis(client)) return async (_, command) => client.call?.(...command);
  if (typeof client.nodeClient === 'function') return async (key, command) => client.sendCommand?.(key, false, command);
  if (typeof client.acquire === 'function') return async (_, command) => client.sendCommand?.(false, command);
  return async (_, command) => client.sendCommand?.(command);
}
