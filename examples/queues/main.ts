/** Shows why state belongs to the device and not to its token: a queue of messages, kept both ways. `npm run queues` */
import { play } from './play.js';
import { queuesByDevice, queuesByTokenHash } from './queues.js';
import { isAsExpected, tableOf } from './report.js';

const outcomes = { byDevice: await play(queuesByDevice), byTokenHash: await play(queuesByTokenHash) };
console.log(tableOf(outcomes));
process.exitCode = isAsExpected(outcomes) ? 0 : 1;
