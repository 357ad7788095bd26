import { AuthError, type AuthRules } from 'grpc-wallet-auth/grpc';

import type { BatchQueryRequest, PublishRequest } from './message-api.js';

/** Topics with these names belong to the wallet whose address follows the name. */
const OWNED = ['contact', 'privatestore'];

/**
 * Whether a wallet may publish to a topic: to `/xmtp/0/contact-<address>/proto` and `/xmtp/0/privatestore-<address>/…` only
 * the wallet itself, to all others every wallet.
 * @param wallet in EIP-55 case, as in topics.
 */
export function mayPublish(topic: string, wallet: string | undefined): boolean {
  if (!topic.startsWith('/xmtp/0/')) return true;
  const [name = '', owner] = (topic.split('/')[3] ?? '').split('-');
  return !OWNED.includes(name) || (wallet !== undefined && owner === wallet);
}

/**
 * The reference node's rules: reading is public, publishing needs a token, and a batch costs as many points as it has parts.
 * @param privileged wallets that may publish everywhere.
 */
export function topicRules(privileged: ReadonlySet<string> = new Set()): AuthRules {
  return {
    'xmtp.message_api.v1.MessageApi/*': 'public',
    'xmtp.message_api.v1.MessageApi/BatchQuery': { cost: ({ requests }: BatchQueryRequest) => requests.length },
    'xmtp.message_api.v1.MessageApi/Publish': {
      auth: 'required',
      limit: 'publish',
      cost: ({ envelopes }: PublishRequest) => envelopes.length,
      authorizeMessage(identity, { envelopes }: PublishRequest) {
        if (identity && privileged.has(identity.wallet)) return true;
        const allowed = envelopes.every(({ contentTopic }) => mayPublish(contentTopic, identity?.wallet));
        return allowed || new AuthError('ACCESS_DENIED', { message: 'publishing to restricted topic' });
      },
    },
  };
}
