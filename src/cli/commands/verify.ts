import { asciiJson } from '../ascii.js';
import { command } from '../flags.js';
import { tokenInput } from '../secrets.js';
import { verdictOf } from '../verdict.js';
import { VERIFIER_HELP, methodFlag, verifierFlags, verifierOptionsOf } from '../verifier-flags.js';

const HELP = `\
Checks whether a node accepts a token: exit code 0 and the caller, or exit code 1 and the reason. Exit code 2 is
for wrong usage.

Usage: wallet-auth verify <token | -> [options]

The token may have its scheme before it or be a whole header, as an argument or on standard input.

Options
${VERIFIER_HELP}
  --json                     prints { verdict, reason, message, identity }

Examples
  npx grpc-wallet-auth token --identity device.id | npx grpc-wallet-auth verify -
  npx grpc-wallet-auth verify "$TOKEN" --max-age-ms 60000
  npx grpc-wallet-auth verify "$TOKEN" --audience node.example:443 --method notes.v1.NotesService/List`;

/** `wallet-auth verify`. */
export const run = command({
  help: HELP,
  options: { ...verifierFlags, json: { type: 'boolean' } },
  takesArguments: true,
  async run(values, args) {
    const method = values.method === undefined ? undefined : methodFlag(values.method);
    const options = await verifierOptionsOf(values);
    const { verdict, reason, error, identity } = verdictOf(await tokenInput(args), options, method);
    const message = error?.message;

    if (values.json) console.log(asciiJson({ verdict, reason, message, identity }));
    else if (identity)
      console.log(`wallet   ${identity.wallet}\ndevice   ${identity.deviceId}\nexpires  ${iso(identity.expiresAtMs)}`);
    else console.error(`refused: ${reason} (${message})`);
    return identity ? 0 : 1;
  },
});

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
