import type { DeviceStore, Fact } from '../../../devices/store.js';
import { groupsOf } from '../answers.js';
import { isKeyMember, keyMember, keyMemberOf } from '../facts.js';
import { liveIds } from '../load.js';
import { walletOfId } from '../rows.js';
import { walletKeys, type WalletKeys } from '../run-scripts.js';
import { REVOKE } from '../scripts/revoke.js';
import { endingArgs, type StoreContext } from './store-context.js';

/** Facts of one script. */
const PORTION = 500;

/** A wallet's fact as it is asked for: without a time, the script chooses it. */
type Asked = Fact | { readonly wallet: string; readonly atMs: undefined; readonly survivor: string | undefined };

/** Operations that revoke. The node is told what is news before they resolve. */
export function revokesOf(context: StoreContext): Pick<DeviceStore, 'revoke' | 'revokeWallet'> {
  const { run, keys } = context;

  async function add(facts: readonly Asked[]): Promise<string[]> {
    const news: string[] = [];
    for (const group of groupsOf(facts, PORTION)) {
      const of = walletKeys(keys, group.flatMap(walletsIn));
      news.push(...(await run(REVOKE, [...endingArgs(context), ...group.flatMap((fact) => argsOf(fact, of))], of)));
    }
    return news;
  }

  const rows = rowsByKey(context, add);

  return {
    async revoke(facts) {
      const news = await add(facts);
      context.tell(news);
      const keysOnly = news.filter(isKeyMember);
      if (keysOnly.length > 0) await rows.end(keysOnly);
      return { changed: news.length > 0 };
    },
    async revokeWallet(wallet, survivor) {
      const news = await add([{ wallet, atMs: undefined, survivor }]);
      context.tell(news);
      return { changed: news.length > 0 };
    },
  };
}

const walletsIn = (fact: Asked): string[] =>
  'deviceId' in fact ? [walletOfId(fact.deviceId)] : 'wallet' in fact ? [fact.wallet] : [];

function argsOf(fact: Asked, of: WalletKeys): (string | number)[] {
  if ('deviceId' in fact) return ['d', of.numberOfId(fact.deviceId), fact.deviceId, keyMemberOf(fact.deviceId)];
  if ('key' in fact) return ['k', keyMember(fact.key)];
  const { wallet, atMs, survivor = '' } = fact;
  return ['w', of.numberOf(wallet), wallet, atMs ?? '', survivor, survivor === '' ? '' : keyMemberOf(survivor)];
}

/**
 * Ends rows of devices that were revoked by key. Redis cannot hash, so the ids of all rows are read for it, once for all calls
 * that wait; it is rare, as only a node that puts back what a store has lost knows keys without ids.
 */
function rowsByKey({ run }: StoreContext, add: (facts: readonly Fact[]) => Promise<unknown>) {
  let waiting: { readonly keys: Set<string>; readonly done: Promise<void> } | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function endAll(keys: ReadonlySet<string>): Promise<void> {
    waiting = undefined; // who comes later waits for another round
    for await (const ids of liveIds(run)) {
      const found = ids.filter((id) => keys.has(keyMemberOf(id)));
      if (found.length > 0) await add(found.map((deviceId) => ({ deviceId })));
    }
  }

  return {
    async end(members: readonly string[]): Promise<void> {
      if (waiting === undefined) {
        const keys = new Set<string>();
        const done = running.catch(() => undefined).then(() => endAll(keys));
        waiting = { keys, done };
        running = done;
      }
      for (const member of members) waiting.keys.add(member);
      await waiting.done;
    },
  };
}
