import { integer, knownOptions, quietly } from '../../options.js';
import { abortSignal } from '../abort.js';
import { delay } from '../delay.js';
import type { ProviderWallet } from './wallet-like.js';

/** A wallet that announced itself to the page, EIP-6963. What it says about itself is not proven. */
export interface DiscoveredWallet {
  /** Its name, for people. Set it as text, never as HTML. */
  readonly name: string;
  /** Its name in reverse-domain form, such as `io.metamask`: the same whenever the page is loaded. */
  readonly rdns: string;
  /** A `data:` URI of its picture. Use it in `<img src>` only, where no script of an SVG runs. */
  readonly icon: string;
  /** Names this one wallet until the page is left. */
  readonly uuid: string;
  /** What `createIdentity` and `createSession` take. */
  readonly wallet: ProviderWallet;
}

/** For how long wallets are waited for. */
export interface DiscoverOptions {
  /** Within how many milliseconds a wallet has to answer. 0 to 10 000. Default 100: those that are loaded answer at once. */
  waitMs?: number | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

/** The part of a browser's window that is needed. */
interface Window {
  addEventListener(type: string, listener: (event: unknown) => void): void;
  removeEventListener(type: string, listener: (event: unknown) => void): void;
  dispatchEvent(event: unknown): boolean;
}

/** Most wallets that are listed; a page that is flooded with announcements stays usable. */
const MAX_WALLETS = 100;

/**
 * Finds the wallets of a browser, each once, in the order in which they answer. What does not announce itself as EIP-6963 says is
 * left out. Outside a page the list is empty.
 * @throws TypeError if an option is wrong; the signal's reason once that is aborted.
 * @example
 * import { discoverWallets } from 'grpc-wallet-auth/client';
 *
 * for (const { name, rdns } of await discoverWallets()) console.log(name, rdns);
 */
export async function discoverWallets(options: DiscoverOptions = {}): Promise<readonly DiscoveredWallet[]> {
  knownOptions(options, ['waitMs', 'signal']);
  const waitMs = integer('waitMs', options.waitMs, 100, 0, 10_000);
  const signal = abortSignal(options.signal) ?? new AbortController().signal;
  const page = (globalThis as { window?: Window }).window;
  if (page === undefined) return [];

  const found = new Map<string, DiscoveredWallet>();
  const onAnnounce = (event: unknown) =>
    quietly(() => {
      const wallet = readAnnouncement((event as { detail?: unknown }).detail);
      if (wallet !== undefined && !found.has(wallet.uuid) && found.size < MAX_WALLETS) found.set(wallet.uuid, wallet);
    });
  page.addEventListener('eip6963:announceProvider', onAnnounce);
  try {
    page.dispatchEvent(new Event('eip6963:requestProvider'));
    await delay(waitMs, signal);
  } finally {
    page.removeEventListener('eip6963:announceProvider', onAnnounce);
  }
  return Object.freeze([...found.values()]);
}

/** Reads a wallet's own words about itself once. @returns `undefined` if something is missing or is no text. */
function readAnnouncement(detail: unknown): DiscoveredWallet | undefined {
  const { info, provider } = detail as { info: Record<string, unknown>; provider: ProviderWallet };
  const { name, rdns, icon, uuid } = info;
  const isComplete = [name, rdns, icon, uuid].every((text) => typeof text === 'string' && text !== '');
  if (!isComplete || !/^data:image\//i.test(icon as string) || typeof provider?.request !== 'function')
    return undefined;
  return Object.freeze({ name, rdns, icon, uuid, wallet: provider }) as DiscoveredWallet;
}
