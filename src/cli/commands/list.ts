import { connectRedis } from '../../redis/connect-redis.js';
import { redisList } from '../../redis/redis-list.js';
import { asciiText } from '../ascii.js';
import { command, UsageError } from '../flags.js';
import { loadWithPeers } from '../load-with-peers.js';

const DEFAULT_URL = 'redis://127.0.0.1:6379';

const HELP = `\
Changes an access list that nodes follow in Redis, and announces it to them.

Usage: wallet-auth list add <key> <entry>... [--redis <url>]
       wallet-auth list remove <key> <entry>... [--redis <url>]

An entry is a wallet address, a device id, an IP address or a CIDR range; key is the name of the Redis set.
Needs: npm install ioredis

Options
  --redis <url>  the server; default: the environment's REDIS_URL, else ${DEFAULT_URL}

Examples
  npx grpc-wallet-auth list add denied 203.0.113.0/24
  npx grpc-wallet-auth list remove denied 0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf`;

/** `wallet-auth list`. */
export const run = command({
  help: HELP,
  options: { redis: { type: 'string' } },
  takesArguments: true,
  async run(values, [action, key, ...entries]) {
    if (action !== 'add' && action !== 'remove') throw new UsageError('add or remove? see wallet-auth list --help');
    if (key === undefined || key === '' || entries.length === 0) {
      throw new UsageError(`${action} takes a key and entries; see wallet-auth list --help`);
    }
    const url = values.redis ?? process.env['REDIS_URL'] ?? DEFAULT_URL;
    const { client, close } = await loadWithPeers('ioredis', () => connectRedis(url));
    try {
      const onError = ({ message }: Error) => console.error(`wallet-auth list: ${asciiText(message)}`);
      const list = await redisList(client, key, { timeoutMs: 10_000, onError });
      list.close(); // one change, nothing to follow
      const changed = await (action === 'add' ? list.add(...entries) : list.remove(...entries)).catch(asUsageError);
      console.log(`${changed} ${action === 'add' ? 'added' : 'removed'}`);
      return 0;
    } finally {
      close();
    }
  },
});

/** A wrong entry is what was typed. */
function asUsageError(error: unknown): never {
  throw error instanceof TypeError ? new UsageError(error.message) : error;
}
