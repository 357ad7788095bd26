import { createIdentity } from '../../client/create-identity.js';
import { exportIdentity } from '../../client/import-identity.js';
import { asciiJson } from '../ascii.js';
import { writePrivateFile } from '../files.js';
import { UsageError, command } from '../flags.js';
import { KEY_VARIABLE, keyWallet, readPrivateKey } from '../secrets.js';

const HELP = `\
Makes a device identity, certified by a wallet, and writes it to a file.

Usage: wallet-auth identity --out <file> [--key-file <file>] [--force] [--json]

The wallet's private key is 64 hex digits, with or without 0x. It is read from --key-file or from the
environment variable ${KEY_VARIABLE}, never from an argument, and it is not stored: the file
holds the device's own key. Anyone who can read the file can call as this device: its mode is 0600.

Options
  --out <file>       the file to write
  --key-file <file>  the wallet's private key; - for standard input
  --force            replaces an existing file
  --json             prints { wallet, deviceId, file }

Examples
  npx grpc-wallet-auth identity --key-file wallet.key --out device.id
  pass show wallet | npx grpc-wallet-auth identity --key-file - --out device.id`;

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
    if (file === undefined) throw new UsageError('no file for the identity: give --out <file>');
    const identity = await createIdentity(keyWallet(await readPrivateKey(keyFile)));
    await writePrivateFile(file, exportIdentity(identity), force);

    const { wallet, deviceId } = identity;
    if (json) console.log(asciiJson({ wallet, deviceId, file }));
    else console.log(`wallet  ${wallet}\ndevice  ${deviceId}\nfile    ${file}`);
    return 0;
  },
});
