import { promisify } from 'node:util';

import { credentials, type Client, type requestCallback } from '@grpc/grpc-js';
import { createTokenSource, type DeviceIdentity } from 'grpc-wallet-auth/client';
import { attachToken } from 'grpc-wallet-auth/grpc';
import type { SettableClock } from 'grpc-wallet-auth/testing';

import { Mailbox, type PollResponse, type SendRequest } from '../queues/mailbox.js';

/** A device that calls any node, with the tokens of one source: a token is an hour old at most, and renewed after 55 minutes. */
export interface Caller {
  send(address: string, request: SendRequest): Promise<void>;
  /** @returns the messages that waited. */
  poll(address: string): Promise<readonly string[]>;
}

type MailboxClient = Client & {
  send(request: SendRequest, done: requestCallback<object>): void;
  poll(request: object, done: requestCallback<PollResponse>): void;
};

export function callerOf(identity: DeviceIdentity, { now }: SettableClock): Caller {
  const interceptors = [attachToken(createTokenSource(identity, { now }))];

  /** Each call has a connection of its own: nodes come and go. */
  async function withClient<T>(address: string, call: (client: MailboxClient) => Promise<T>): Promise<T> {
    const client = new Mailbox(address, credentials.createInsecure(), { interceptors });
    try {
      return await call(client as unknown as MailboxClient);
    } finally {
      client.close();
    }
  }

  return {
    async send(address, request) {
      await withClient(address, (client) =>
        promisify<SendRequest, object | undefined>(client.send.bind(client))(request),
      );
    },
    async poll(address) {
      const poll = (client: MailboxClient) => promisify<object, PollResponse | undefined>(client.poll.bind(client))({});
      return (await withClient(address, poll))?.texts ?? [];
    },
  };
}
