import { Server, ServerCredentials } from '@grpc/grpc-js';
import { walletAuth, xmtpLimits, type WalletAuthOptions } from 'grpc-wallet-auth/grpc';

import { MessageApi } from './message-api.js';
import { topicRules } from './topic-rules.js';

/** A running node. */
export interface TopicNode {
  /** `host:port`. */
  readonly address: string;
  readonly close: () => void;
}

/**
 * Starts a node on a free loopback port with the reference node's rules and limits. It does not store what is published.
 * @param privileged wallets that may publish everywhere.
 * @param options override the node's own.
 */
export async function startTopicNode(privileged: ReadonlySet<string>, options?: WalletAuthOptions): Promise<TopicNode> {
  const auth = walletAuth({
    rules: topicRules(privileged),
    services: [MessageApi.service],
    limits: xmtpLimits,
    ...options,
  });
  const server = new Server({ interceptors: [auth] });
  server.addService(MessageApi.service, {
    publish: (_: unknown, answer: Answer) => answer(null, {}),
    query: (_: unknown, answer: Answer) => answer(null, {}),
    batchQuery: (_: unknown, answer: Answer) => answer(null, {}),
    subscribe: (call: { end(): void }) => call.end(),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

type Answer = (error: null, response: object) => void;
