/** Shows what a node knows of devices: one wallet with two of them, step by step. `npm run devices` */
import { playStory, wallet, type Step } from './story.js';

let steps = 0;
let unexpected = 0;
console.log(`Two devices of wallet ${wallet}\n`);
await playStory((step) => {
  steps++;
  if (step.got !== step.expected) unexpected++;
  console.log(lineOf(step));
});
console.log(`\n${steps - unexpected} of ${steps} steps came out as expected.`);
process.exitCode = unexpected === 0 ? 0 : 1;

function lineOf({ time, who, what, got, expected }: Step): string {
  const line = `${time}  ${who.padEnd(8)}${what.padEnd(34)}${got}`;
  return got === expected ? line : `${line}\n  NOT AS EXPECTED: ${expected}`;
}
