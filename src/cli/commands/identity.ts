import { createIdentity } from '../../client/create-identity.js';
import { exportIdentity } from '../../client/import-identity.js';
import { asciiJson } from '../ascii.js';
import { command } from '../command.js';
import { keyWallet } from '../key-wallet.js';
import { KEY_VARIABLE, readPrivateKey } from '../private-key.js';
import { UsageError } from '../usage-error.js';
import { writePrivateFile } from '../write-private-file.js';

const HELP = `\
Makes a device identity, certified by a wallet, and keeps it in a file.

Usage: wallet-auth identity --out <file> [--key-file <file>] [--force] [--json]

The wallet's private key is 64 hex digits, with or without 0x. It is read from --key-file or from the
environment variable ${KEY_VARIABLE}, never from an argument, and it is not kept: the file
holds the device's own key. Whoever has the file is this device, so only you can read it (mode 0600).

Options
  --out <file>       where the identity goes
  --key-file <file>  where the wallet's private key is; - for standard input
  --force            replaces the file if it is there
  --json             prints { wallet, deviceId, file }

Examples
  wallet-auth identity --key-file wallet.key --out device.id
  pass show wallet | wallet-auth identity --key-file - --out device.id`;

/** `wallet-auth identity`. */
export const run = command({
  help: HELP,
  options: {
    out: { type: 'string' },
    'key-file': { type: 'string' },
    force: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run({ out: file, 'key-file': keyFile, force = false, json }) {
    if (file === undefined) throw new UsageError('where should the identity go? give --out <file>');
    const made = await createIdentity(keyWallet(await readPrivateKey(keyFile)));
    await writePrivateFile(file, exportIdentity(made), force);

    const { wallet, deviceId } = made;
    if (json) console.log(asciiJson({ wallet, deviceId, file }));
    else console.log(`wallet  ${wallet}\ndevice  ${deviceId}\nfile    ${file}`);
    return 0;
  },
});
