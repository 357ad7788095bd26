import { createIdentity } from '../../client/create-identity.js';
import { exportIdentity } from '../../client/import-identity.js';
import { asciiJson } from '../ascii.js';
import { writePrivateFile } from '../files.js';
import { UsageError, command, durationFlag } from '../flags.js';
import { KEY_VARIABLE, keyWallet, readPrivateKey } from '../secrets.js';

const HELP = `\
Makes a device identity, certified by a wallet, and writes it to a file.

Usage: wallet-auth identity --out <file> [--key-file <file>] [--valid-for <time>] [--force] [--json]

The wallet's private key is 64 hex digits, with or without 0x. It is read from --key-file or from the
environment variable ${KEY_VARIABLE}, never from an argument, and it is not stored: the file
holds the device's own key. Anyone who can read the file can call as this device: its mode is 0600.

Options
  --out <file>       the file to write
  --key-file <file>  the wallet's private key; - for standard input
  --valid-for <time>  ends the certificate after so long, such as 90d; default: it has no end
  --force            replaces an existing file
  --json             prints { wallet, deviceId, file, certificateExpiresAtMs }

Examples
  npx grpc-wallet-auth identity --key-file wallet.key --out device.id
  pass show wallet | npx grpc-wallet-auth identity --key-file - --out device.id`;

/** `wallet-auth identity`. */
export const run = command({
  help: HELP,
  options: {
    out: { type: 'string' },
    'key-file': { type: 'string' },
    'valid-for': { type: 'string' },
    force: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run({ out: file, 'key-file': keyFile, 'valid-for': validFor, force = false, json }) {
    if (file === undefined) throw new UsageError('no file for the identity: give --out <file>');
    const validForMs = validFor === undefined ? undefined : validForFlag(validFor);
    const identity = await createIdentity(keyWallet(await readPrivateKey(keyFile)), { validForMs });
    await writePrivateFile(file, exportIdentity(identity), force);

    const { wallet, deviceId, certificateExpiresAtMs } = identity;
    const end =
      certificateExpiresAtMs === undefined ? '' : `\nends    ${new Date(certificateExpiresAtMs).toISOString()}`;
    if (json) console.log(asciiJson({ wallet, deviceId, file, certificateExpiresAtMs }));
    else console.log(`wallet  ${wallet}\ndevice  ${deviceId}\nfile    ${file}${end}`);
    return 0;
  },
});

const MIN_MS = 60_000;
const MAX_MS = 3_660 * 86_400_000;

function validForFlag(text: string): number {
  const ms = durationFlag('--valid-for', text);
  if (ms >= MIN_MS && ms <= MAX_MS) return ms;
  throw new UsageError('--valid-for must be from 1m to 3660d');
}
