import { command } from '../flags.js';
import { loadWithPeers } from '../load-with-peers.js';

const HELP = `\
Runs a real gRPC server and client on this machine with a throw-away wallet, and makes every kind of call that
must be admitted or refused. Exit code 0 only if every line came out as expected.

Usage: wallet-auth demo [--json]

Needs: npm install @grpc/grpc-js. Opens a port on 127.0.0.1; contacts no other host, writes no file.

Options
  --json  prints { ok, address, curve, wallet, deviceId, lines: [{ section, what, expected, got, ok }] }

Examples
  npx grpc-wallet-auth demo
  npx grpc-wallet-auth demo --json`;

/** `wallet-auth demo`. */
export const run = command({
  help: HELP,
  options: { json: { type: 'boolean' } },
  async run({ json = false }) {
    const { play } = await loadWithPeers('@grpc/grpc-js', () => import('../demo/play.js'));
    return (await play(json)) ? 0 : 1;
  },
});
