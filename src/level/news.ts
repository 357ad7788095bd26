import { createEpochs, type Epochs } from '../devices/revocation/epochs.js';
import { revocationKey } from '../devices/revocation/revocations.js';
import type { Fact } from '../devices/store.js';
import type { Changes } from './changes.js';
import type { Database } from './database.js';
import { keyText, PREFIX } from './keys.js';
import { epochOf } from './row-values.js';
import { unsealed } from './values.js';

/** What of some facts is not written yet. */
export interface News {
  readonly facts: ReadonlySet<Fact>;
  /** Writes it. */
  readonly put: (changes: Changes) => void;
}

type WalletFact = Extract<Fact, { wallet: string }>;

/** Compares facts with what is written. @throws Unreadable if a wallet's time cannot be read. */
export async function newsOf(database: Database, facts: readonly Fact[]): Promise<News> {
  const names = facts.map((fact) => ('wallet' in fact ? undefined : PREFIX.revoked + keyText(keyOf(fact))));
  const asked = [...new Set(names.flatMap((name) => name ?? []))];
  const known = asked.length === 0 ? [] : await database.hasMany(asked);
  const newNames = new Set(asked.filter((_, i) => !known[i]));
  const epochs = await knownEpochs(
    database,
    facts.filter((fact) => 'wallet' in fact),
  );
  const wallets = new Set<string>();
  const news = new Set<Fact>();
  for (const [i, fact] of facts.entries()) {
    if ('wallet' in fact) {
      if (!epochs.merge(fact.wallet, fact.atMs, fact.survivor)) continue;
      wallets.add(fact.wallet);
    } else if (!newNames.has(names[i] ?? '')) continue;
    news.add(fact);
  }
  return {
    facts: news,
    put(changes) {
      for (const name of newNames) changes.put(name, 0);
      for (const wallet of wallets) changes.put(PREFIX.epoch + wallet, epochs.get(wallet));
    },
  };
}

/** The epochs of some wallets, as they are written. */
async function knownEpochs(database: Database, facts: readonly WalletFact[]): Promise<Epochs> {
  const epochs = createEpochs();
  const wallets = [...new Set(facts.map(({ wallet }) => wallet))];
  const texts = wallets.length === 0 ? [] : await database.getMany(wallets.map((wallet) => PREFIX.epoch + wallet));
  for (const [i, wallet] of wallets.entries()) {
    const text = texts[i];
    if (text === undefined) continue;
    const { atMs, survivor } = unsealed(PREFIX.epoch + wallet, text, epochOf);
    epochs.merge(wallet, atMs, survivor);
  }
  return epochs;
}

function keyOf(fact: Exclude<Fact, WalletFact>): Uint8Array {
  return 'key' in fact ? fact.key : revocationKey(fact.deviceId);
}
