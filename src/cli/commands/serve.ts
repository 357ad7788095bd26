import type { RequireOptions } from '../../gate/rules/require.js';
import { curlLine } from '../curl-line.js';
import { deviceStore, IN_MEMORY } from '../device-stores.js';
import { UsageError, command } from '../flags.js';
import { loadWithPeers } from '../load-with-peers.js';
import { networkFlag } from '../network-flag.js';
import { nodeFlags, nodeOptionsOf } from '../node-flags.js';
import type { MetricsServer } from '../node/metrics-server.js';

const PEERS = '@grpc/grpc-js @grpc/reflection grpc-health-check';
const METRICS_PEERS = '@opentelemetry/api @opentelemetry/sdk-metrics @opentelemetry/exporter-prometheus';

const HELP = `\
Runs a demo node: the demo service behind walletAuth, with public health checks and reflection.

Usage: wallet-auth serve [--port <port>] [--host <host>] [--limit <calls>] [--devices [<store>]] [--network <name>]
                         [--audience <name>] [--challenge-secret-file <file>] [--require <what>] [--metrics <port>] [--json]

Prints one line for each decision, without tokens. Ctrl-C or SIGTERM ends it; running calls get two seconds.
Needs: npm install ${PEERS}
With --metrics also: npm install ${METRICS_PEERS}

Options
  --port <port>     default 50051; 0 chooses a free one
  --host <host>     default 127.0.0.1; tokens from other machines reach it unencrypted
  --limit <calls>   admitted calls of one wallet in a minute; default: all
  --devices         keeps a registry of devices, in memory, for "wallet-auth devices"
  --devices <folder>  the same in a folder, so that nothing is lost by a restart; needs: npm install classic-level
  --devices redis://…  the same in a Redis that nodes share; needs: npm install ioredis
  --network <name>  the name of the network, for "wallet-auth revoke"; goes with --devices
  --audience <name>  a name of the node, host:port as clients dial it; tokens for other nodes are refused; may be repeated
  --challenge-secret-file <file>  hands out challenges, from this secret of 32 bytes or more; - for standard input; may be given
                    twice while it is changed. Or in the environment variable WALLET_AUTH_CHALLENGE_SECRET
  --challenge-slot <time>  how long one challenge is handed out; default 10m
  --require <what>  refuses tokens without it: audience or challenge; may be repeated
  --metrics <port>  exposes metrics to Prometheus at http://<host>:<port>/metrics; 0 chooses a free one
  --json            prints lines of JSON: listening, decision, stopping

Examples
  npx grpc-wallet-auth serve
  npx grpc-wallet-auth serve --devices --metrics 9464
  npx grpc-wallet-auth serve --devices ./devices
  npx grpc-wallet-auth identity --key-file wallet.key --out device.id
  npx ${curlLine()}`;

/** `wallet-auth serve`. */
export const run = command({
  help: HELP,
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    limit: { type: 'string' },
    devices: { type: 'string', alone: IN_MEMORY },
    network: { type: 'string' },
    metrics: { type: 'string' },
    require: { type: 'string', multiple: true },
    ...nodeFlags,
    json: { type: 'boolean' },
  },
  async run({ port = '50051', host = '127.0.0.1', limit, devices: place, network, metrics, json = false, ...values }) {
    const portNumber = portFlag('--port', port);
    const callsPerMinute = limit === undefined ? undefined : numberFlag('--limit', limit, 1, 1_000_000);
    if (network !== undefined && place === undefined) throw new UsageError('--network goes with --devices');
    const networkName = network === undefined ? undefined : networkFlag(network);
    const demands = requireFlag(values.require);
    const { audience, challenge } = await nodeOptionsOf(values);
    const tokens = { audience, challenge, require: demands };
    const startMetrics = metrics === undefined ? undefined : await metricsFlag(host, portFlag('--metrics', metrics));
    const devices = place === undefined ? undefined : await deviceStore('--devices', place);
    const { serve } = await loadWithPeers(PEERS, () => import('../node/serve.js'));
    await serve({ host, port: portNumber, json, callsPerMinute, devices, networkName, tokens, startMetrics });
    return 0;
  },
});

function requireFlag(names: readonly string[] | undefined): RequireOptions | undefined {
  const wrong = names?.find((name) => name !== 'audience' && name !== 'challenge');
  if (wrong !== undefined) throw new UsageError('--require must be audience or challenge');
  return names && { audience: names.includes('audience'), challenge: names.includes('challenge') };
}

async function metricsFlag(host: string, port: number): Promise<() => Promise<MetricsServer>> {
  const { startMetricsServer } = await loadWithPeers(METRICS_PEERS, () => import('../node/metrics-server.js'));
  return () => startMetricsServer(host, port);
}

function portFlag(name: string, text: string): number {
  return numberFlag(name, text, 0, 65_535);
}

function numberFlag(name: string, text: string, low: number, high: number): number {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
  if (number >= low && number <= high) return number;
  throw new UsageError(`${name} must be a number from ${low} to ${high}`);
}
