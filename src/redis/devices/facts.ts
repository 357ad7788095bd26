import { revocationKey } from '../../devices/revocation/revocations.js';
import type { Fact } from '../../devices/store.js';

/** The member of `rev` for a device of which only the key is known. */
export const keyMember = (key: Uint8Array): string => `#${Buffer.from(key).toString('base64url')}`;

/** Whether a member of `rev` is one of those. */
export const isKeyMember = (member: string): boolean => member.startsWith('#');

/** The same for a device whose id is known. */
export const keyMemberOf = (deviceId: string): string => keyMember(revocationKey(deviceId));

const WALLET = /^w:([^|]*)\|(-?\d+)\|(.*)$/;
const KEY = /^#([\w-]{22})$/;
const DEVICE = /^0x[0-9a-fA-F]{40}\/[0-9a-f]{32}$/;

/** What a text in the log, or a member of `rev` with its epoch, says: `undefined` if it says nothing that this version knows. */
export function readFact(text: string): Fact | undefined {
  if (DEVICE.test(text)) return { deviceId: text };
  const key = KEY.exec(text)?.[1];
  if (key !== undefined) return { key: new Uint8Array(Buffer.from(key, 'base64url')) };
  const [, wallet, atMs, survivor] = WALLET.exec(text) ?? [];
  return wallet === undefined ? undefined : { wallet, atMs: Number(atMs), survivor: survivor || undefined };
}

/** @returns what the texts say, without those that say nothing. */
export function readFacts(texts: readonly string[]): Fact[] {
  return texts.map(readFact).filter((fact) => fact !== undefined);
}
