import type { DeviceIdentity } from '../../client/device-identity.js';
import type { DeviceClient, ListedDevice } from '../../grpc/client/device-client.js';
import { asciiJson, asciiText } from '../ascii.js';
import { UsageError, command } from '../flags.js';
import { loadWithPeers } from '../load-with-peers.js';
import { readIdentity } from '../secrets.js';
import { exportLines, importLines } from '../transfer.js';

const HELP = `\
Lists, revokes and labels the devices of your wallet on a node that has the device service; writes what is revoked
in a store as lines of text, and adds such lines to a store.

Usage: wallet-auth devices list --identity <file> [options]
       wallet-auth devices revoke <device> | --others --identity <file> [options]
       wallet-auth devices rename <device> <label> --identity <file> [options]
       wallet-auth devices export --store <folder>
       wallet-auth devices import [<lines>] --store <folder> [--json]

A device is its whole id, or the 32 hex digits that "list" prints. What is revoked never comes back: a device must
be certified anew, with another key. Revoking the device of --identity itself logs it out.
Needs: npm install @grpc/grpc-js. Exit code 1 if the node refuses.

"import" reads a file or standard input, and adds all of it or, if a line is wrong, nothing; nothing is ever taken away.
A line is "device <id>", "key <hash of an id>" or "wallet <address> <until> [<device that goes on>]"; # begins a
comment. Both need the folder for themselves: end the node first. Needs: npm install classic-level.

Options
  --identity <file>      the file that "wallet-auth identity" wrote; - for standard input
  --allow-readable       accepts a file to which other users have access
  --address <host:port>  where the node listens; default 127.0.0.1:50051
  --insecure             speaks plaintext to another machine: anyone who reads the token can use it for an hour
  --others               revokes all devices but that of --identity
  --store <folder>       what "wallet-auth serve --devices <folder>" or levelDevices uses
  --json                 prints { wallet, devices, omitted }, { changed }, { deviceId, label } or { read, added }

Examples
  npx grpc-wallet-auth devices list --identity device.id
  npx grpc-wallet-auth devices rename 0123456789abcdef0123456789abcdef "old phone" --identity device.id
  npx grpc-wallet-auth devices revoke --others --identity device.id --address node.example:443
  npx grpc-wallet-auth devices export --store ./devices > revoked.txt`;

/** The options of `export` and `import`, and whatever else was given. */
interface TransferValues {
  readonly store?: string | undefined;
  readonly json?: boolean | undefined;
}

/** What to do, from the arguments. It answers with the object of `--json` and the text for people. */
type Action = (client: DeviceClient, identity: DeviceIdentity) => Promise<{ json: object; text: string }>;

/** `wallet-auth devices`. */
export const run = command({
  help: HELP,
  options: {
    identity: { type: 'string' },
    'allow-readable': { type: 'boolean' },
    address: { type: 'string' },
    insecure: { type: 'boolean' },
    others: { type: 'boolean' },
    store: { type: 'string' },
    json: { type: 'boolean' },
  },
  takesArguments: true,
  async run(values, args) {
    const { identity: file, address = '127.0.0.1:50051', insecure = false, others = false, json, store } = values;
    if (args[0] === 'export' || args[0] === 'import') return transfer(args, values);
    if (store !== undefined) throw new UsageError('--store goes with export and import alone');
    const action = actionOf(args, others);
    if (file === undefined) throw new UsageError('no identity: give --identity <file>');
    const identity = await readIdentity(file, values['allow-readable'] ?? false);
    const { callNode, RefusedError } = await loadWithPeers('@grpc/grpc-js', () => import('../node/device-calls.js'));
    try {
      const done = await callNode({ address, insecure }, identity, (client) => action(client, identity));
      console.log(json ? asciiJson(done.json) : done.text);
      return 0;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      console.error(`refused: ${asciiText(error.message)}`);
      return 1;
    }
  },
});

/** `export` and `import`, which call no node. */
async function transfer([name, ...files]: readonly string[], values: TransferValues): Promise<number> {
  const { store, json = false, ...others } = values;
  const wrong = Object.keys(others)[0];
  if (wrong !== undefined) throw new UsageError(`--${wrong} does not go with ${name}`);
  if (store === undefined) throw new UsageError('no store: give --store <folder>');
  const [file = '-'] = files;
  if (files.length > (name === 'import' ? 1 : 0)) throw new UsageError(`${name} takes less; see --help`);
  if (name === 'export') {
    if (json) throw new UsageError('--json does not go with export');
    for (const line of await exportLines(store)) console.log(line);
    return 0;
  }
  const { read, added } = await importLines(store, file);
  console.log(json ? asciiJson({ read, added }) : `${read} read, ${added} added`);
  return 0;
}

function actionOf([name, ...args]: readonly string[], others: boolean): Action {
  const [device, label] = args;
  if (others && (name !== 'revoke' || args.length > 0)) throw new UsageError('--others goes with revoke alone');
  if (others) return revokeOthers;
  if (name === 'list' && args.length === 0) return list;
  if (name === 'revoke' && device !== undefined && args.length === 1) return revoke(device);
  if (name === 'rename' && device !== undefined && label !== undefined && args.length === 2)
    return rename(device, label);
  throw new UsageError(
    'expected list, revoke <device>, revoke --others, rename <device> <label>, export or import; see --help',
  );
}

const list: Action = async (client, { wallet }) => {
  const { devices, omitted } = await client.list();
  return { json: { wallet, devices, omitted }, text: tableOf(wallet, devices, omitted) };
};

const revokeOthers: Action = async (client) => {
  const { changed } = await client.revokeOthers();
  return { json: { changed }, text: changed ? 'all other devices are revoked' : 'there was no other device' };
};

function revoke(device: string): Action {
  return async (client, identity) => {
    const { changed } = await client.revoke(idOf(device, identity));
    return { json: { changed }, text: changed ? 'revoked' : 'it was revoked already' };
  };
}

function rename(device: string, label: string): Action {
  return async (client, identity) => {
    const deviceId = idOf(device, identity);
    await client.rename(deviceId, label);
    return { json: { deviceId, label }, text: label === '' ? 'the label is gone' : `labelled ${asciiText(label)}` };
  };
}

/** The id of a device of the wallet by what the list prints; anything else is the node's to judge. */
function idOf(device: string, { wallet }: DeviceIdentity): string {
  return /^[0-9a-f]{32}$/.test(device) ? `${wallet}/${device}` : device;
}

function tableOf(wallet: string, devices: readonly ListedDevice[], omitted: number): string {
  const hasAddresses = devices.some(({ lastAddress }) => lastAddress !== undefined);
  const rows = [
    ['', 'device', 'first seen', 'last seen', 'streams', ...(hasAddresses ? ['last address'] : []), 'label'],
    ...devices.map((device) => [
      device.isCaller ? '*' : '',
      asciiText(device.deviceId.slice(device.deviceId.indexOf('/') + 1)),
      minuteOf(device.firstSeenMs),
      minuteOf(device.lastSeenMs),
      String(device.openStreams),
      ...(hasAddresses ? [asciiText(device.lastAddress ?? '')] : []),
      [asciiText(device.label), ...(device.isConfirmed ? [] : ['(unconfirmed)'])].join(' ').trim(),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = ['* this device', ...(omitted === 0 ? [] : [`${omitted} older devices are not shown`])];
  return [`wallet ${wallet}`, ...lines, ...notes].join('\n');
}

/** `2026-01-31 12:00`, in UTC. A node may send any number, and not all are dates. */
function minuteOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
}
