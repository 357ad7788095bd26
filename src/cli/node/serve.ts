import { HealthImplementation } from 'grpc-health-check';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { healthRules, reflectionRules } from '../../gate/well-known.js';
import { isLoopbackTarget } from '../../grpc/loopback.js';
import { guardGrpcLog } from './grpc-log.js';
import { reflectionFor } from './reflection.js';
import { serveLog } from './serve-log.js';
import { startDemoNode } from './start-demo-node.js';

const GRACE_MS = 2_000;

/**
 * Runs the demo node with health checking and reflection, and logs what it decides, until a signal ends it.
 * @param port 0 takes a free one.
 * @param json whether programs read the log.
 * @throws Error if it cannot listen there.
 */
export async function serve(host: string, port: number, json: boolean): Promise<void> {
  guardGrpcLog();
  const stopped = stopSignal(); // from the start: whoever reads "listening" may send one at once
  const log = serveLog(json);
  const health = new HealthImplementation({ '': 'SERVING', [DemoService.typeName]: 'SERVING' });
  const node = await startDemoNode({
    host,
    port,
    auth: { rules: { ...healthRules, ...reflectionRules }, onDecision: log.decision },
    addServices(server) {
      health.addToServer(server);
      reflectionFor([DemoService]).addToServer(server);
    },
  });
  log.listening(node, isLoopbackTarget(node.address));

  log.stopping(await stopped);
  health.setStatus('', 'NOT_SERVING');
  health.setStatus(DemoService.typeName, 'NOT_SERVING');
  await node.stop(GRACE_MS);
}

/** The second signal of its kind has its usual effect: it ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
