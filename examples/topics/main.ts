/** Shows the reference node's topic rule: which wallet may publish to which topic. `npm run topics` */
import { credentials, type Client, type ServiceError } from '@grpc/grpc-js';
import { createTokenSource } from 'grpc-wallet-auth/client';
import { attachToken, authReasonOf } from 'grpc-wallet-auth/grpc';
import { mintIdentity, testWallets } from 'grpc-wallet-auth/testing';

import { MessageApi, type PublishRequest } from './message-api.js';
import { startTopicNode } from './start-node.js';

type Publisher = Client & { publish(request: PublishRequest, done: (error: ServiceError | null) => void): void };

const { alice, bob, carol } = testWallets;
const node = await startTopicNode(new Set([carol.address]));
const topics = [
  `/xmtp/0/contact-${alice.address}/proto`,
  `/xmtp/0/privatestore-${alice.address}/key_bundle/proto`,
  '/xmtp/0/m-09238409/proto',
];
for (const [name, wallet] of Object.entries({ alice, bob, carol })) {
  const source = createTokenSource(mintIdentity({ wallet }));
  const client = new MessageApi(node.address, credentials.createInsecure(), {
    interceptors: [attachToken(source)],
  }) as unknown as Publisher;
  for (const contentTopic of topics) {
    const error = await new Promise<ServiceError | null>((resolve) =>
      client.publish({ envelopes: [{ contentTopic }] }, resolve),
    );
    const outcome = error ? `${authReasonOf(error)}: ${error.details}` : 'published';
    console.log(`${name.padEnd(6)} ${contentTopic.padEnd(82)} ${outcome}`);
  }
  client.close();
}
node.close();
