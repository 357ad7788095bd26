import { fork } from 'node:child_process';
import { once } from 'node:events';

/** How long a node may take for an order, in milliseconds; one that is stopped takes as long as it is. */
const ORDER_MS = 120_000;

/**
 * Starts a process that is a node.
 * @param tell called with everything that it reports.
 */
export async function startNode(name, options, tell) {
  const child = fork(new URL('node.mjs', import.meta.url), [JSON.stringify(options)]);
  const waiting = new Map();
  let lastId = 0;
  const node = {
    name,
    port: 0,
    /** Whether its process has lived all the time. */
    isAlive: true,
    isPaused: false,
    /** When it was stopped first, by the clock of all processes. */
    pausedAtMs: Infinity,
    killedAtMs: Infinity,
    /** Has it do something. */
    ask(order, ...args) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${name} did not answer: ${order}`)), ORDER_MS);
        waiting.set(id, { resolve, reject, timer });
        child.send({ id, order, args });
      });
    },
    async kill() {
      node.isAlive = false;
      node.killedAtMs = performance.timeOrigin + performance.now();
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
    pause() {
      node.isPaused = true;
      node.pausedAtMs = performance.timeOrigin + performance.now();
      child.kill('SIGSTOP');
    },
    resume() {
      node.isPaused = false;
      child.kill('SIGCONT');
    },
  };
  child.on('message', (report) => {
    const { id, answer, error } = report;
    if (id === undefined) return tell(node, report);
    const order = waiting.get(id);
    waiting.delete(id);
    clearTimeout(order.timer);
    if (error === undefined) order.resolve(answer);
    else order.reject(new Error(`${name}: ${error}`));
  });
  const isUp = new Promise((resolve) =>
    child.on('message', ({ port }) => {
      if (port !== undefined) resolve(port);
    }),
  );
  const hasEnded = once(child, 'exit').then(() => {
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(new Error(`${name} has ended`));
    }
    waiting.clear();
    if (node.isAlive && node.port !== 0) console.error(`${name} has ended by itself`);
    node.isAlive = false;
    return undefined;
  });
  node.port = (await Promise.race([isUp, hasEnded])) ?? 0;
  if (node.port === 0) throw new Error(`${name} did not start`);
  return node;
}
