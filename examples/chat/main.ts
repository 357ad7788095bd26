/** A chat for everybody with a wallet, on one port of this machine. `npm run chat -- --port 8080` */
import { parseArgs } from 'node:util';

import { loadPage } from './page-files.js';
import { startChat } from './start-chat.js';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
const { url } = await startChat({ page: await loadPage(), port: Number(values.port) });
console.log(`The chat is at ${url} until you press Ctrl+C. Open it in two browsers.`);
