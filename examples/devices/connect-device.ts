import { once } from 'node:events';

import { credentials } from '@grpc/grpc-js';
import { createTokenSource, type DeviceIdentity } from 'grpc-wallet-auth/client';
import { authReasonOf, createClient, createDeviceClient, type DeviceClient } from 'grpc-wallet-auth/grpc';
import { DemoService, type ChatResponse } from 'grpc-wallet-auth/proto';

/** A stream that stays open. */
export interface Chat {
  /** Says something. @returns what comes back, or how the stream ended. */
  say(text: string): Promise<string>;
  /** How it ends: the reason. */
  readonly ended: Promise<string>;
}

/** A device with its connections to a node. */
export interface ConnectedDevice {
  /** Makes a call. @returns `admitted`, or the reason for which it was refused. */
  call(): Promise<string>;
  openChat(): Chat;
  /** The devices of its wallet. */
  readonly own: DeviceClient;
  close(): void;
}

/** Nothing here takes long: what hangs ends. */
const DEADLINE_MS = 20_000;

/** Connects a device to a node. All its calls carry the token of one source, which renews it in time. */
export function connectDevice(
  address: string,
  identity: DeviceIdentity,
  { now }: { now?: () => Date },
): ConnectedDevice {
  const source = createTokenSource(identity, now && { now });
  const client = createClient(DemoService, address, credentials.createInsecure(), source);
  const own = createDeviceClient(address, credentials.createInsecure(), source);
  const withDeadline = () => ({ deadline: Date.now() + DEADLINE_MS });
  return {
    call: () =>
      new Promise((resolve) =>
        client.whoAmI({}, withDeadline(), (error) => resolve(error === null ? 'admitted' : reasonOf(error))),
      ),
    openChat() {
      const stream = client.chat(withDeadline());
      const ended = new Promise<string>((resolve) => stream.on('error', (error) => resolve(reasonOf(error))));
      stream.resume();
      return {
        ended,
        async say(text) {
          const answer = once(stream, 'data').then(([response]) => (response as ChatResponse).text);
          stream.write({ text });
          return Promise.race([answer, ended]);
        },
      };
    },
    own,
    close() {
      client.close();
      own.close();
    },
  };
}

/** The reason of a refusal, or whatever else went wrong. */
export function reasonOf(error: unknown): string {
  return authReasonOf(error) ?? String(error);
}
