import { HealthImplementation } from 'grpc-health-check';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { DeviceService } from '../../../gen/walletauth/v1/devices_pb.js';
import { isLoopbackTarget } from '../../client/loopback.js';
import { createDeviceRegistry } from '../../devices/create-device-registry.js';
import type { DeviceRegistry } from '../../devices/device-registry.js';
import type { DeviceStore } from '../../devices/store.js';
import type { DecisionEvent } from '../../gate/decision.js';
import type { GateOptions } from '../../gate/options.js';
import { healthRules, reflectionRules } from '../../gate/rules/well-known.js';
import { addDeviceService } from '../../grpc/server/device-service.js';
import { guardGrpcLog } from './grpc-log.js';
import type { MetricsServer } from './metrics-server.js';
import { reflectionFor } from './reflection.js';
import { serveLog } from './serve-log.js';
import { startDemoNode } from './start-demo-node.js';

const GRACE_MS = 2_000;
const MINUTE_MS = 60_000;

/** Health and reflection are public and cost no points. */
const OPEN = Object.fromEntries(
  Object.keys({ ...healthRules, ...reflectionRules }).map((pattern) => [pattern, { auth: 'public', cost: 0 } as const]),
);

/** Options of a served node. */
export interface ServeOptions {
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  /** Whether to log lines of JSON. */
  readonly json: boolean;
  /** Admitted calls of one wallet in a minute. Default: all. */
  readonly callsPerMinute?: number | undefined;
  /** Where to keep a registry of devices; with it there is the device service. Default: none is kept. */
  readonly devices?: DeviceStore | undefined;
  /** The name of the network, with which wallets revoke devices. Default: none. */
  readonly networkName?: string | undefined;
  /** The node's names and challenges, and what it demands of tokens. Default: none. */
  readonly tokens?: Pick<GateOptions, 'audience' | 'challenge' | 'require'> | undefined;
  /** Starts to count decisions and to expose the metrics. Default: no metrics. */
  readonly startMetrics?: (() => Promise<MetricsServer>) | undefined;
}

/**
 * Runs the demo node with health checking and reflection, and logs its decisions, until a signal ends it.
 * @throws Error if it cannot listen there.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { host, port, json, callsPerMinute: points, tokens, startMetrics } = options;
  guardGrpcLog();
  const stopped = stopSignal(); // from the start: a program that reads "listening" may send one at once
  const log = serveLog(json);
  const devices = await registryOf(options);
  const services = devices ? [DemoService, DeviceService] : [DemoService];
  const names = ['', ...services.map(({ typeName }) => typeName)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING'])));
  const metrics = await startMetrics?.();
  const onDecision = (event: DecisionEvent) => {
    metrics?.listener(event);
    log.decision(event);
  };
  const node = await startDemoNode({
    host,
    port,
    auth: {
      ...tokens,
      devices,
      rules: OPEN,
      limits: points === undefined ? undefined : { classes: { default: { points, windowMs: MINUTE_MS } } },
      onDecision,
    },
    addServices(server) {
      health.addToServer(server);
      if (devices) addDeviceService(server, devices);
      reflectionFor(services).addToServer(server);
    },
  }).catch(async (error: unknown) => {
    await metrics?.stop();
    await devices?.close();
    throw error;
  });
  metrics?.listener.watch(node);
  log.listening(node, isLoopbackTarget(node.address), metrics?.url);

  log.stopping(await stopped);
  for (const name of names) health.setStatus(name, 'NOT_SERVING');
  await node.stop(GRACE_MS);
  await metrics?.stop();
  await devices?.close();
}

async function registryOf({ devices: store, networkName }: ServeOptions): Promise<DeviceRegistry | undefined> {
  return store && createDeviceRegistry({ store, keepAddress: true, networkName });
}

/** The second signal of its kind has its usual effect: it ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
