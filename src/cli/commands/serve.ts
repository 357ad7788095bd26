import { command } from '../command.js';
import { curlLine } from '../curl-line.js';
import { loadWithPeers } from '../load-with-peers.js';
import { UsageError } from '../usage-error.js';

const PEERS = '@grpc/grpc-js @grpc/reflection grpc-health-check';

const HELP = `\
Runs a node to call: the demo service behind walletAuth, with health checks and reflection open to all.

Usage: wallet-auth serve [--port <port>] [--host <host>] [--json]

Prints one line for each decision, without tokens. Ctrl-C or SIGTERM ends it; calls that run get two seconds.
Needs: npm install ${PEERS}

Options
  --port <port>  default 50051; 0 takes a free one
  --host <host>  default 127.0.0.1; tokens travel in clear to any other machine
  --json         prints lines of JSON: listening, decision, stopping

Examples
  wallet-auth serve
  wallet-auth identity --key-file wallet.key --out device.id
  ${curlLine()}`;

/** `wallet-auth serve`. */
export const run = command({
  help: HELP,
  options: { port: { type: 'string' }, host: { type: 'string' }, json: { type: 'boolean' } },
  async run({ port = '50051', host = '127.0.0.1', json = false }) {
    const portNumber = portFlag(port);
    const { serve } = await loadWithPeers(PEERS, () => import('../node/serve.js'));
    await serve(host, portNumber, json);
    return 0;
  },
});

function portFlag(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new UsageError('--port must be a number from 0 to 65535');
}
