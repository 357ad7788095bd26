import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Floods a node with forged tokens, or not, while two honest callers use it; each is a process of its own. Loopback only, bounded in
 * count and time.
 * @param setup `curve` `native` or `noble`; `limit` and `queue`: whether there are `failedTokenLimit` and `verificationQueue`;
 *   `flood`: whether there is one.
 * @returns rates a second, and times in milliseconds.
 */
export async function measureFlood({ curve, limit = false, queue = true, flood = true }, durationMs) {
  const node = start('node', [curve, limit ? 'on' : 'off', queue ? 'on' : 'off']);
  try {
    const [port] = await once(node, 'message');
    const callers = ['phone', 'laptop'].map((device) => start('caller', [port, device, durationMs]));
    const flooders = flood ? [start('flooder', [port, durationMs])] : [];
    await Promise.all([...callers, ...flooders].map((child) => once(child, 'message')));
    const reports = [...callers, ...flooders].map((child) => once(child, 'message'));
    for (const child of [node, ...callers, ...flooders]) child.send('begin');
    const [[one], [other], [forged] = [0]] = await Promise.all(reports);
    node.send('report');
    const [{ longestStallMs, decisions }] = await once(node, 'message');
    const times = [...one, ...other].sort((a, b) => a - b);
    const perSecond = (count) => (count * 1_000) / durationMs;
    return {
      honest: perSecond(times.length),
      p50: times[Math.floor(times.length * 0.5)],
      p99: times[Math.floor(times.length * 0.99)],
      longestStallMs,
      forged: perSecond(forged),
      onCurve: perSecond(decisions.WALLET_MISMATCH ?? 0),
    };
  } finally {
    node.kill();
  }
}

function start(name, args) {
  return fork(new URL(`${name}.js`, import.meta.url), args.map(String));
}
