/** So many readers of a log, as nodes read it, that do nothing with what they read: port of Redis, log, how many. */
import { connect } from 'node:net';

const [port, log, count] = process.argv.slice(2);
const command = (...parts) => `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`;
const isReady = Array.from({ length: Number(count) }, () => {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  let position = '0-0';
  let answer = '';
  const ask = () => socket.write(command('XREAD', 'BLOCK', '1000', 'COUNT', '1000', 'STREAMS', log, position));
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1');
    if (!isComplete(answer)) return;
    position = [...answer.matchAll(/\r\n(\d+-0)\r\n/g)].at(-1)?.[1] ?? position;
    answer = '';
    ask();
  });
  return new Promise((resolve) => socket.on('connect', () => resolve(ask())));
});
await Promise.all(isReady);
console.log('ready');

/** Whether an answer in RESP2 is all there: an array for each entry, whose four fields come last. */
function isComplete(text) {
  if (/^\*-1\r\n$/.test(text)) return true;
  const entries = /^\*1\r\n\*2\r\n\$\d+\r\n[^\r]*\r\n\*(\d+)\r\n/.exec(text)?.[1];
  if (entries === undefined || !text.endsWith('\r\n')) return false;
  // lines: the array of logs, its name, and of each entry 4 of its own and 16 of its four fields
  return text.split('\r\n').length - 1 >= 5 + 20 * Number(entries);
}
