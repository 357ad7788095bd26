import type { Client } from '@connectrpc/connect';
import type { Device, DeviceService } from 'grpc-wallet-auth/proto';

import { browserName } from './browser-name.js';
import { byId, make, makeTime } from './elements.js';

const count = byId('device-count');
const list = byId('device-list', HTMLUListElement);
const label = byId('label', HTMLInputElement);
const logOutOthers = byId('log-out-others', HTMLButtonElement);

/**
 * Shows the devices of the user's wallet, and names this one after its browser if it has no name yet.
 * @throws what the node refuses with.
 */
export async function showDevices(service: Client<typeof DeviceService>): Promise<void> {
  const { devices } = await service.listDevices({});
  const own = devices.find(({ isCaller }) => isCaller);
  if (own?.label === '') {
    own.label = browserName();
    await service.renameDevice({ deviceId: own.deviceId, label: own.label });
  }
  count.textContent = String(devices.length);
  list.replaceChildren(...devices.map(makeDevice));
  if (document.activeElement !== label) label.value = own?.label ?? '';
  logOutOthers.disabled = devices.length < 2;
}

export function clearDevices(): void {
  list.replaceChildren();
  count.textContent = label.value = '';
}

function makeDevice({ label: name, isCaller, lastSeenMs, openStreams }: Device): HTMLLIElement {
  const seen = openStreams > 0 ? 'listening now' : make('span', {}, 'last seen ', makeTime(lastSeenMs));
  const badge = isCaller ? [' ', make('span', { className: 'badge' }, 'this device')] : [];
  const title = make('strong', { dir: 'auto' }, name === '' ? 'without a name' : name);
  return make('li', {}, make('span', {}, title, ...badge), make('span', { className: 'hint' }, seen));
}
