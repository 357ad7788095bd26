/** The commands that nodes send. Whoever may send a script needs those that the script calls, too. */
export const SENT_COMMANDS = ['eval', 'evalsha', 'xread'] as const;

/** The commands that scripts call, all of Redis 6.0 or older. INFO may be forbidden. */
export const CALLED_COMMANDS = [
  'del',
  'hdel',
  'hget',
  'hgetall',
  'hlen',
  'hmget',
  'hset',
  'hsetnx',
  'hvals',
  'info',
  'sadd',
  'sismember',
  'srem',
  'time',
  'xadd',
  'zadd',
  'zcard',
  'zrange',
  'zrangebyscore',
  'zrem',
  'zrevrange',
  'zscore',
] as const;
