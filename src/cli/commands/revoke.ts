import { signRevocation } from '../../client/sign-revocation.js';
import { asciiJson, asciiText } from '../ascii.js';
import { UsageError, command, timeFlag } from '../flags.js';
import { loadWithPeers } from '../load-with-peers.js';
import { networkFlag } from '../network-flag.js';
import { KEY_VARIABLE, keyWallet, readPrivateKey } from '../secrets.js';

const HELP = `\
Revokes devices of a wallet that has none left: the wallet's own signature is enough, no token and no device is used.

Usage: wallet-auth revoke --wallet <file> --network <name> --target <host:port> [--device <device> | --until <time>]
                          [--insecure] [--json]

What is revoked never comes back: a device must be certified anew, with another key. Without --device, all devices that the
wallet has certified until now are revoked. The wallet's private key is 64 hex digits, read from --wallet or from the
environment variable ${KEY_VARIABLE}, never from an argument; it is not sent.
Needs: npm install @grpc/grpc-js. Exit code 1 if the node refuses.

Options
  --wallet <file>       the wallet's private key; - for standard input
  --network <name>      the name of the network, as its nodes have it
  --target <host:port>  where a node of the network listens
  --device <device>     revokes this one alone: its whole id, or its 32 hex digits
  --until <time>        revokes all certified until then: 2026-01-31T12:00:00Z, or milliseconds since 1970; default now
  --insecure            speaks plaintext to another machine: anybody on the way can answer
  --json                prints { wallet, deviceId, untilMs, changed }

Examples
  npx grpc-wallet-auth revoke --wallet wallet.key --network notes.example --target node.example:443
  pass show wallet | npx grpc-wallet-auth revoke --wallet - --network notes.example --target node.example:443`;

/** `wallet-auth revoke`. */
export const run = command({
  help: HELP,
  options: {
    wallet: { type: 'string' },
    network: { type: 'string' },
    target: { type: 'string' },
    device: { type: 'string' },
    until: { type: 'string' },
    insecure: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run({ wallet: keyFile, network, target, device, until: time, insecure = false, json = false }) {
    if (network === undefined) throw new UsageError('no network: give --network <name>');
    if (target === undefined) throw new UsageError('no node: give --target <host:port>');
    if (device !== undefined && time !== undefined) throw new UsageError('--device and --until exclude each other');
    const networkName = networkFlag(network);
    const until = time === undefined ? undefined : timeFlag('--until', time);
    const wallet = keyWallet(await readPrivateKey(keyFile, '--wallet'));
    const deviceId = device === undefined ? undefined : deviceFlag(device, wallet.address);
    const revocation = await signRevocation(wallet, { networkName, deviceId, until });

    const { RefusedError, revokeOnNode } = await loadWithPeers('@grpc/grpc-js', () => import('../node/revoke-call.js'));
    try {
      const { changed } = await revokeOnNode({ address: target, insecure }, revocation);
      const { untilMs } = revocation;
      if (json) console.log(asciiJson({ wallet: wallet.address, deviceId, untilMs, changed }));
      else console.log(`wallet ${wallet.address}\n${changed ? 'revoked' : 'it was revoked already'}`);
      return 0;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      console.error(`refused: ${asciiText(error.message)}`);
      return 1;
    }
  },
});

function deviceFlag(device: string, wallet: string): string {
  const deviceId = /^[0-9a-f]{32}$/.test(device) ? `${wallet}/${device}` : device;
  if (deviceId.startsWith(`${wallet}/`) && /^[0-9a-f]{32}$/.test(deviceId.slice(wallet.length + 1))) return deviceId;
  throw new UsageError('--device must be a device of the wallet: its whole id, or its 32 hex digits');
}
