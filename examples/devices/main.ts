/** Shows what nodes know of devices: one wallet with two of them, step by step. `npm run devices` */
import { playManyNodes } from './many-nodes.js';
import { redisIsThere } from './start-redis.js';
import { playStory, wallet, type Step } from './story.js';

let steps = 0;
let unexpected = 0;

async function play(title: string, act: (report: (step: Step) => void) => Promise<void>): Promise<void> {
  console.log(`${title}\n`);
  await act((step) => {
    steps++;
    if (step.got !== step.expected) unexpected++;
    console.log(lineOf(step));
  });
  console.log();
}

await play(`Two devices of wallet ${wallet} on one node`, playStory);
if (redisIsThere) await play('The same devices on three nodes that share a Redis', playManyNodes);
else console.log('There is no redis-server (or name one in REDIS_SERVER) for the second act, on three nodes.\n');
console.log(`${steps - unexpected} of ${steps} steps came out as expected.`);
process.exitCode = unexpected === 0 ? 0 : 1;

function lineOf({ time, who, what, got, expected }: Step): string {
  const line = `${time}  ${who.padEnd(8)}${what.padEnd(34)}${got}`;
  return got === expected ? line : `${line}\n  NOT AS EXPECTED: ${expected}`;
}
