import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Stands between a node and Redis: it can delay, hold back and cut what goes through it. */
export async function startProxy(targetPort) {
  const pairs = new Set();
  let target = targetPort;
  let delayMs = 0;
  let isHeld = false;
  const waiting = [];
  const queues = new WeakMap();

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const pair = [near, far];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('close', end).on('error', end);
    near.on('data', (chunk) => take(far, chunk));
    far.on('data', (chunk) => take(near, chunk));
  });

  /** What comes later leaves later, whatever the delay was meanwhile. */
  function take(socket, chunk) {
    const queue = queues.get(socket) ?? [];
    queues.set(socket, queue);
    queue.push({ chunk, atMs: performance.now() + delayMs });
    if (queue.length === 1) void drain(socket, queue);
  }

  async function drain(socket, queue) {
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const leftMs = next.atMs - performance.now();
      if (leftMs > 0) await pause(leftMs);
      pass(socket, next.chunk);
      queue.shift();
    }
  }

  function pass(socket, chunk) {
    if (isHeld) waiting.push([socket, chunk]);
    else if (!socket.destroyed) socket.write(chunk);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    /** How long everything takes each way, in milliseconds. */
    delay(ms) {
      delayMs = ms;
    },
    /** Nothing comes through, and no connection is closed: a cable that is out. */
    hold() {
      isHeld = true;
    },
    /** What was held back arrives. */
    letGo() {
      isHeld = false;
      for (const [socket, chunk] of waiting.splice(0)) if (!socket.destroyed) socket.write(chunk);
    },
    /** Closes all connections; the next ones lead to another port. */
    leadTo(port) {
      target = port;
      for (const [near] of pairs) near.destroy();
    },
    close() {
      server.close();
      for (const [near] of pairs) near.destroy();
    },
  };
}
