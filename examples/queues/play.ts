import { promisify } from 'node:util';

import { credentials, type Client, type requestCallback } from '@grpc/grpc-js';
import { createTokenSource, type DeviceIdentity } from 'grpc-wallet-auth/client';
import type { DeviceRegistry } from 'grpc-wallet-auth/devices';
import { attachToken } from 'grpc-wallet-auth/grpc';
import { mintIdentity, settableClock, testWallets } from 'grpc-wallet-auth/testing';

import { Mailbox, type PollResponse, type SendRequest } from './mailbox.js';
import type { Queues } from './queues.js';
import { startMailboxNode } from './start-node.js';

/** The messages that the phone is sent: before, during and after the renewal of its token. */
export const messages = ['before', 'during', 'after'] as const;

/** What became of the phone. */
export interface Outcome {
  /** How often its token was renewed. */
  readonly renewals: number;
  /** The messages that no poll returned. */
  readonly lost: readonly string[];
  /** The node's queues after the phone was logged out. */
  readonly queuesLeft: number;
}

type MailboxClient = Client & {
  send(request: SendRequest, done: requestCallback<object>): void;
  poll(request: object, done: requestCallback<PollResponse>): void;
};

/** An hour's token is renewed when it is 55 minutes old, by the call that needs it. */
const TOKEN_IS_DUE_MS = 55 * 60_000;

/** Bob writes to a phone of Alice whose token is renewed between two polls. Takes a moment: the clock is advanced by hand. */
export async function play(makeQueues: (devices: DeviceRegistry) => Queues): Promise<Outcome> {
  const clock = settableClock();
  const node = await startMailboxNode(clock, makeQueues);
  const phone = mintIdentity({ wallet: testWallets.alice, device: 'phone' });
  const clients: Client[] = [];
  const clientOf = (identity: DeviceIdentity): MailboxClient => {
    const interceptors = [attachToken(createTokenSource(identity, { now: clock.now }))];
    const client = new Mailbox(node.address, credentials.createInsecure(), { interceptors });
    clients.push(client);
    return client as unknown as MailboxClient;
  };
  const [alice, bob] = [clientOf(phone), clientOf(mintIdentity({ wallet: testWallets.bob }))];
  const poll = promisify<object, PollResponse | undefined>(alice.poll.bind(alice));
  const send = promisify<SendRequest, object | undefined>(bob.send.bind(bob));

  let renewals = 0;
  node.devices.on('renewed', ({ deviceId }) => void (renewals += deviceId === phone.deviceId ? 1 : 0));
  try {
    await poll({}); // from now on there is a queue
    const received: string[] = [];
    for (const text of messages) {
      if (text === 'during') clock.advance(TOKEN_IS_DUE_MS);
      await send({ wallet: phone.wallet, text });
      received.push(...((await poll({}))?.texts ?? []));
    }
    await node.devices.revoke(phone.deviceId);
    return { renewals, lost: messages.filter((text) => !received.includes(text)), queuesLeft: node.queues.size };
  } finally {
    for (const client of clients) client.close();
    await node.close();
  }
}
