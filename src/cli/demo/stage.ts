import { credentials, makeClientConstructor, type Client } from '@grpc/grpc-js';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { createIdentity } from '../../client/create-identity.js';
import type { DeviceIdentity } from '../../client/device-identity.js';
import type { TokenSource } from '../../client/token-source.js';
import { randomPrivateKey } from '../../crypto/private-key.js';
import { createClient } from '../../grpc/client/create-client.js';
import { grpcServiceDefinition } from '../../grpc/service-definition.js';
import { mintIdentity } from '../../testing/mint-identity.js';
import { settableClock, type SettableClock } from '../../testing/settable-clock.js';
import { testWallets } from '../../testing/test-wallets.js';
import { startDemoNode, type DemoNode } from '../node/start-demo-node.js';
import { keyWallet } from '../secrets.js';
import type { DemoClient } from './calls.js';

/** The demo's node, device and clients. */
export interface Stage {
  readonly node: DemoNode;
  /** The node's clock. */
  readonly clock: SettableClock;
  /** A fresh device of a throw-away wallet. */
  readonly device: DeviceIdentity;
  /** The node's decisions so far: `OK` or the reason. */
  readonly decisions: readonly string[];
  /** A client that sends the source's tokens; without a source it adds nothing to its metadata. */
  readonly client: (source?: TokenSource) => DemoClient;
  readonly close: () => Promise<void>;
}

/** The name of the device that the demo's node has revoked. */
export const REVOKED_DEVICE = 'stolen phone';

/** The wallet that the demo's node denies every call. */
export const DENIED_WALLET = testWallets.carol;

const BareClient = makeClientConstructor(grpcServiceDefinition(DemoService), DemoService.typeName);

/** Starts a node on a free loopback port and certifies a device. */
export async function setStage(): Promise<Stage> {
  const clock = settableClock(Date.now());
  const decisions: string[] = [];
  const revoked = mintIdentity({ device: REVOKED_DEVICE }).deviceId;
  const device = await createIdentity(keyWallet(randomPrivateKey()), { now: clock.now });
  const node = await startDemoNode({
    auth: {
      now: clock.now,
      isRevoked: (deviceId) => deviceId === revoked,
      authorize: (identity) => identity?.wallet !== DENIED_WALLET.address,
      onDecision: ({ reason = 'OK' }) => void decisions.push(reason),
    },
  });
  const clients: Client[] = [];

  return Object.freeze({
    node,
    clock,
    device,
    decisions,
    client(source?: TokenSource) {
      const plaintext = credentials.createInsecure();
      const client = source
        ? createClient(DemoService, node.address, plaintext, source)
        : (new BareClient(node.address, plaintext) as Client as DemoClient);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      await node.stop();
    },
  });
}
