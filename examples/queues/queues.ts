import { createHash } from 'node:crypto';

import { deviceMap, type DeviceRegistry } from 'grpc-wallet-auth/devices';
import type { WalletIdentity } from 'grpc-wallet-auth/grpc';

/** The messages that wait for a caller, and its wallet. */
export interface Queue {
  readonly wallet: string;
  readonly texts: string[];
}

/** The queues of a node. */
export interface Queues {
  /** How many there are. */
  readonly size: number;
  /** The queue of a caller, made now if there is none. */
  of(identity: WalletIdentity, authorization: string): Queue | undefined;
  all(): Iterable<Queue>;
}

/** The right way: by device. The registry takes care of the rest. */
export function queuesByDevice(devices: DeviceRegistry): Queues {
  const queues = deviceMap(devices, ({ wallet }): Queue => ({ wallet, texts: [] }));
  return {
    get size() {
      return queues.size;
    },
    of: ({ deviceId }) => queues.get(deviceId),
    all: () => Array.from(queues, ([, queue]) => queue),
  };
}

/** The wrong way: each new token looks like a new device, and nobody learns that the old one does not come back. */
export function queuesByTokenHash(): Queues {
  const queues = new Map<string, Queue>();
  return {
    get size() {
      return queues.size;
    },
    of({ wallet }, authorization) {
      const key = createHash('sha256').update(authorization).digest('hex');
      const queue = queues.get(key) ?? { wallet, texts: [] };
      queues.set(key, queue);
      return queue;
    },
    all: () => queues.values(),
  };
}
