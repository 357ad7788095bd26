/** Moves a table from hashes of tokens to devices, with old and new nodes side by side. `npm run migrate` */
import { playMove } from './story.js';

let steps = 0;
let unexpected = 0;

await playMove({
  title: (text) => console.log(`${steps === 0 ? '' : '\n'}${text}\n`),
  step({ time, who, what, got, expected }) {
    steps++;
    if (got !== expected) unexpected++;
    console.log(`${time}  ${who.padEnd(8)}${what.padEnd(50)}${got}`);
    if (got !== expected) console.log(`  NOT AS EXPECTED: ${expected}`);
  },
});
console.log(`\n${steps - unexpected} of ${steps} steps came out as expected.`);
process.exitCode = unexpected === 0 ? 0 : 1;
