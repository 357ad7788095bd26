import { createToken } from '../../client/create-token.js';
import { bearerValue } from '../../token/bearer.js';
import { asciiJson } from '../ascii.js';
import { UsageError, command } from '../flags.js';
import { readIdentity } from '../secrets.js';

const HELP = `\
Makes a token: the text after "Bearer " in the authorization header.

Usage: wallet-auth token --identity <file> [--allow-readable] [--header | --json]

A token is valid for an hour, unless the node is configured otherwise. You can make another one at any time: it
has the same device, and older tokens stay valid.

Options
  --identity <file>  the file that "wallet-auth identity" wrote; - for standard input
  --allow-readable   accepts a file to which other users have access
  --header           prints the whole header, for curl and buf curl with -H @-
  --json             prints { token, wallet, deviceId }

Examples
  npx grpc-wallet-auth token --identity device.id
  npx grpc-wallet-auth token --identity device.id --header | curl -H @- https://gateway.example/v1/whoami`;

/** `wallet-auth token`. */
export const run = command({
  help: HELP,
  options: {
    identity: { type: 'string' },
    'allow-readable': { type: 'boolean' },
    header: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run({ identity: file, 'allow-readable': allowReadable = false, header, json }) {
    if (file === undefined) throw new UsageError('no identity: give --identity <file>');
    if (header && json) throw new UsageError('--header and --json do not go together');
    const device = await readIdentity(file, allowReadable);
    const text = createToken(device);

    const { wallet, deviceId } = device;
    if (json) console.log(asciiJson({ token: text, wallet, deviceId }));
    else console.log(header ? `authorization: ${bearerValue(text)}` : text);
    return 0;
  },
});
