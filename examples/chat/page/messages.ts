import type { Message } from '../gen/chat_pb.js';
import { byId, make, makeAddress, makeTime } from './elements.js';

const MAX_SHOWN = 300;

const log = byId('log');
const list = byId('messages', HTMLOListElement);
const empty = byId('empty');

/** Shows more messages below the others, and the newest unless the user has scrolled up. */
export function showMessages(messages: readonly Message[], ownWallet: string): void {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  list.append(...messages.map((message) => makeMessage(message, message.wallet === ownWallet)));
  while (list.children.length > MAX_SHOWN) list.firstElementChild?.remove();
  empty.hidden = list.children.length > 0;
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

export function clearMessages(): void {
  list.replaceChildren();
  empty.hidden = false;
}

function makeMessage({ wallet, text, sentAtMs }: Message, isOwn: boolean): HTMLLIElement {
  const who = make('p', { className: 'who' }, makeAddress(wallet), isOwn ? ' (you) ' : ' ', makeTime(sentAtMs));
  return make('li', { className: isOwn ? 'own' : '' }, who, make('p', { className: 'text', dir: 'auto' }, text));
}
