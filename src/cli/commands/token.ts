import { createToken } from '../../client/create-token.js';
import { bearerValue } from '../../token/bearer.js';
import { asciiJson } from '../ascii.js';
import { UsageError, command } from '../flags.js';
import { restrictionsOf } from '../restriction-flags.js';
import { readIdentity } from '../secrets.js';

const HELP = `\
Makes a token: the text after "Bearer " in the authorization header.

Usage: wallet-auth token --identity <file> [--allow-readable] [restrictions] [--header | --json]

A token is valid for an hour, unless the node is configured otherwise. You can make another one at any time: it
has the same device, and older tokens stay valid. Restrictions are signed with it; nodes of 2022 ignore all but --strict.

Options
  --identity <file>  the file that "wallet-auth identity" wrote; - for standard input
  --allow-readable   accepts a file to which other users have access
  --audience <name>  a node where it may be used: host:port, or what its operator calls it; may be repeated
  --valid-for <time>  ends it after so long, such as 90s, 15m or 12h
  --expires <time>   ends it then: 2026-01-31T12:00:00Z, or milliseconds since 1970
  --methods <pattern>  what it may call: package.Service/Method or package.Service/*; may be repeated
  --challenge <hex>  the challenge of the node, as it sent it: 32 hex digits; goes with --audience
  --strict           signs it in a form that nodes refuse which ignore restrictions
  --header           prints the whole header, for curl and buf curl with -H @-
  --json             prints { token, wallet, deviceId }

Examples
  npx grpc-wallet-auth token --identity device.id
  npx grpc-wallet-auth token --identity device.id --audience node.example:443 --valid-for 5m
  npx grpc-wallet-auth token --identity device.id --header | curl -H @- https://gateway.example/v1/whoami`;

/** `wallet-auth token`. */
export const run = command({
  help: HELP,
  options: {
    identity: { type: 'string' },
    'allow-readable': { type: 'boolean' },
    audience: { type: 'string', multiple: true },
    'valid-for': { type: 'string' },
    expires: { type: 'string' },
    methods: { type: 'string', multiple: true },
    challenge: { type: 'string' },
    strict: { type: 'boolean' },
    header: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run({ identity: file, 'allow-readable': allowReadable = false, header, json, ...restrictions }) {
    if (file === undefined) throw new UsageError('no identity: give --identity <file>');
    if (header && json) throw new UsageError('--header and --json do not go together');
    const now = new Date(); // one clock for the end and for the token
    const options = restrictionsOf(restrictions, now);
    const device = await readIdentity(file, allowReadable);
    const text = createToken(device, { ...options, now: () => now });

    const { wallet, deviceId } = device;
    if (json) console.log(asciiJson({ token: text, wallet, deviceId }));
    else console.log(header ? `authorization: ${bearerValue(text)}` : text);
    return 0;
  },
});
