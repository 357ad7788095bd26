import type { Message } from '../gen/chat_pb.js';
import type { Connection } from './connection.js';
import { clearDevices, showDevices } from './devices.js';
import { byId } from './elements.js';
import { listen } from './listen.js';
import { clearMessages, showMessages } from './messages.js';
import { wordsOfError } from './words.js';

/** How often the devices are listed anew. These calls also show the node each renewed token, on which the stream lives. */
const REFRESH_MS = 60_000;

const text = byId('text', HTMLInputElement);
const label = byId('label', HTMLInputElement);
const notice = byId('notice');
const progress = byId('progress');

/**
 * Runs the chat of a user who is logged in.
 * @param onRevoked called when the node has revoked this device.
 * @returns ends it.
 */
export function enterRoom(connection: Connection, wallet: string, onRevoked: () => void): () => void {
  const { session, chat, devices } = connection;
  const controller = new AbortController();
  const { signal } = controller;

  /** Does something, and says in plain words what became of it. */
  const attempt = async (action: () => Promise<unknown>) => {
    notice.textContent = '';
    try {
      await action();
    } catch (error) {
      notice.textContent = wordsOfError(error);
    }
  };
  const on = (id: string, type: 'click' | 'submit', action: () => Promise<unknown>) => {
    const onEvent = (event: Event) => {
      event.preventDefault();
      void attempt(action);
    };
    byId(id).addEventListener(type, onEvent, { signal });
  };

  on('compose', 'submit', async () => {
    const sent = text.value;
    await chat.send({ wallet, text: sent });
    if (text.value === sent) text.value = ''; // unless the next one is being typed
  });
  on('rename', 'submit', async () => {
    await devices.renameDevice({ deviceId: session.identity?.deviceId ?? '', label: label.value });
    await showDevices(devices);
  });
  on('log-out-others', 'click', async () => {
    await devices.revokeOtherDevices({});
    progress.textContent = 'Your other devices are logged out.';
    await showDevices(devices);
  });
  on('log-out', 'click', () => session.logout());

  const onMessages = (messages: readonly Message[]) => {
    progress.textContent = '';
    showMessages(messages, wallet);
  };
  const onInterrupted = () => (progress.textContent = 'The connection is lost. Trying again…');
  void listen(chat, { onMessages, onInterrupted, signal }).then((isRevoked) => isRevoked && onRevoked());

  const refresh = () => void showDevices(devices).catch(() => undefined); // the stream says what is wrong
  const timer = setInterval(refresh, REFRESH_MS);
  byId('devices').addEventListener('toggle', refresh, { signal });
  refresh();

  return () => {
    controller.abort();
    clearInterval(timer);
    clearMessages();
    clearDevices();
    progress.textContent = '';
  };
}
