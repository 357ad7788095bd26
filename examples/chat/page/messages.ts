import type { Message } from '../gen/chat_pb.js';
import { byId, make, makeAddress, makeTime } from './elements.js';

const MAX_SHOWN = 300;

const list = byId('messages', HTMLOListElement);

/** Shows more messages below the others. */
export function showMessages(messages: readonly Message[], ownWallet: string): void {
  list.append(...messages.map((message) => makeMessage(message, message.wallet === ownWallet)));
  while (list.children.length > MAX_SHOWN) list.firstElementChild?.remove();
}

export function clearMessages(): void {
  list.replaceChildren();
}

function makeMessage({ wallet, text, sentAtMs }: Message, isOwn: boolean): HTMLLIElement {
  const who = make('p', { className: 'who' }, makeAddress(wallet), isOwn ? ' (you) ' : ' ', makeTime(sentAtMs));
  return make('li', { className: isOwn ? 'own' : '' }, who, make('p', { className: 'text', dir: 'auto' }, text));
}
