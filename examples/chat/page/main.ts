import { discoverWallets } from 'grpc-wallet-auth/client';
import type { SessionStatus } from 'grpc-wallet-auth/storage';

import { connect, type Connection } from './connection.js';
import { newDemoWallet } from './demo-wallet.js';
import { byId, make, makeAddress } from './elements.js';
import { lastWallet, noteWallet, type ChosenWallet } from './last-wallet.js';
import { enterRoom } from './room.js';
import { REVOKED, wordsOfError, wordsOfStatus, wordsOfWait } from './words.js';

const notice = byId('notice');
const progress = byId('progress');
const cancel = byId('cancel');

let login = new AbortController();
let connection: Connection | undefined;
/** What is said in the place of the next status' own words. */
let farewell: string | undefined;
let leaveRoom: (() => void) | undefined;

/** Opens the session of a wallet in the place of the one before. */
async function open(chosen: ChosenWallet): Promise<Connection> {
  connection?.session.close();
  const opened = (connection = await connect(chosen.wallet));
  const show = (status: SessionStatus) => {
    if (connection === opened) showStatus(opened, status, chosen);
  };
  opened.session.subscribe(show);
  show(opened.session.status);
  return opened;
}

/** Logs in, with one prompt if this browser has no identity of the wallet. */
async function logIn(chosen: ChosenWallet): Promise<void> {
  login = new AbortController();
  notice.textContent = '';
  try {
    const { session } = await open(chosen);
    await session.login({ signal: login.signal });
  } catch (error) {
    notice.textContent = wordsOfError(error);
  }
}

/** The page is what the session's status says. */
function showStatus(shown: Connection, status: SessionStatus, chosen: ChosenWallet): void {
  const { state, identity } = status;
  leaveRoom?.();
  leaveRoom = undefined;
  byId('me').hidden = byId('room').hidden = identity === undefined;
  byId('welcome').hidden = identity !== undefined;
  byId('with-wallet').inert = byId('no-wallet').inert = state === 'signing-in';
  cancel.hidden = state !== 'signing-in';
  progress.textContent = wordsOfWait(status);
  notice.textContent = farewell ?? wordsOfStatus(status);
  farewell = undefined;
  if (identity === undefined) {
    if (status.reason === 'logged-out') noteWallet(undefined);
    if (state === 'signed-out') byId('welcome-title').focus();
    return;
  }
  noteWallet(chosen);
  byId('me-address').replaceChildren(makeAddress(identity.wallet));
  byId('me-demo').hidden = !chosen.key.startsWith('demo:');
  leaveRoom = enterRoom(shown, identity.wallet, () => {
    farewell = REVOKED;
    void shown.forget().catch(() => undefined);
  });
  byId('text').focus();
}

const wallets = await discoverWallets();
byId('no-wallet').hidden = wallets.length > 0;
byId('with-wallet').hidden = wallets.length === 0;
byId('wallets').replaceChildren(
  ...wallets.map(({ name, rdns, icon, wallet }) => {
    const picture = make('img', { src: icon, alt: '' });
    picture.addEventListener('error', () => picture.remove());
    const button = make('button', { type: 'button', className: 'primary' }, picture, `Log in with ${name}`);
    button.addEventListener('click', () => void logIn({ wallet, key: rdns }));
    return make('li', {}, button);
  }),
);
cancel.addEventListener('click', () => login.abort());
byId('demo').addEventListener('click', () => {
  const wallet = newDemoWallet();
  void logIn({ wallet, key: `demo:${wallet.address}` });
});

const last = lastWallet(wallets);
if (last !== undefined) await open(last).catch((error: unknown) => (notice.textContent = wordsOfError(error)));
byId('welcome').hidden = connection?.session.identity !== undefined;
