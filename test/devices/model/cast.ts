import { revocationKey } from '../../../src/devices/revocation/revocations.js';
import { testWallets } from '../../../src/testing/test-wallets.js';

const { alice, bob } = testWallets;
const WALLETS = { alice: alice.address, bob: bob.address } as const;

/** When a device was certified: before all else, just before its first call, or its certificate does not tell. */
type Certified = 'early' | 'late' | 'undated';

const OWNED = [
  ['phone', 'alice', 'early'],
  ['laptop', 'alice', 'early'],
  ['watch', 'alice', 'late'],
  ['tablet', 'bob', 'early'],
  ['reader', 'bob', 'undated'],
] as const satisfies [string, keyof typeof WALLETS, Certified][];

export type DeviceName = (typeof OWNED)[number][0];
export type Owner = keyof typeof WALLETS;

/** A device of the model. */
export interface CastDevice {
  readonly name: DeviceName;
  readonly id: string;
  readonly owner: Owner;
  readonly wallet: `0x${string}`;
  readonly certified: Certified;
}

/** The devices of the model. */
export const CAST: readonly CastDevice[] = OWNED.map(([name, owner, certified], i) => ({
  name,
  owner,
  certified,
  wallet: WALLETS[owner],
  id: `${WALLETS[owner]}/${String(i + 1).padStart(32, '0')}`,
}));

export const OWNERS = Object.keys(WALLETS) as Owner[];
export const walletOfOwner = (owner: Owner): `0x${string}` => WALLETS[owner];

const byId = new Map(CAST.map((device) => [device.id, device]));
const byName = new Map(CAST.map((device) => [device.name, device]));
const byKey = new Map(CAST.map((device) => [String(revocationKey(device.id)), device]));

export function deviceNamed(name: DeviceName): CastDevice {
  return byName.get(name)!;
}

export function deviceById(id: string): CastDevice {
  return byId.get(id)!;
}

export function deviceByKey(key: Uint8Array): CastDevice | undefined {
  return byKey.get(String(key));
}
