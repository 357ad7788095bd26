import { createToken } from '../../client/create-token.js';
import { bearerValue } from '../../token/bearer.js';
import { asciiJson } from '../ascii.js';
import { command } from '../command.js';
import { readIdentity } from '../identity-file.js';
import { UsageError } from '../usage-error.js';

const HELP = `\
Makes a token: the text that follows "Bearer " in the authorization header.

Usage: wallet-auth token --identity <file> [--header | --json]

A token is good for an hour, unless the node says otherwise. Make another one whenever you need one: it is
the same device to the node, and older tokens stay good.

Options
  --identity <file>  what "wallet-auth identity" wrote; - for standard input
  --header           prints the whole header, as curl and buf curl take it with -H @-
  --json             prints { token, wallet, deviceId }

Examples
  wallet-auth token --identity device.id
  wallet-auth token --identity device.id --header | curl -H @- https://gateway.example/v1/whoami`;

/** `wallet-auth token`. */
export const run = command({
  help: HELP,
  options: { identity: { type: 'string' }, header: { type: 'boolean' }, json: { type: 'boolean' } },
  async run({ identity: file, header, json }) {
    if (file === undefined) throw new UsageError('whose token? give --identity <file>');
    if (header && json) throw new UsageError('--header and --json do not go together');
    const device = await readIdentity(file);
    const text = createToken(device);

    const { wallet, deviceId } = device;
    if (json) console.log(asciiJson({ token: text, wallet, deviceId }));
    else console.log(header ? `authorization: ${bearerValue(text)}` : text);
    return 0;
  },
});
