import type { DeviceRow, DeviceStore, Entered, Sighting } from '../../../devices/store.js';
import { groupsOf } from '../answers.js';
import { keyMemberOf } from '../facts.js';
import { addressText, numberText, readRow, rowText, walletOfId } from '../rows.js';
import { freshToken, walletKeys, walletKeysOf } from '../run-scripts.js';
import { ENTER } from '../scripts/enter.js';
import { EDIT, LIST, READ, RENEW, RESTORE } from '../scripts/rows.js';
import { evict } from './endings.js';
import { endingArgs, type StoreContext } from './store-context.js';

/** Rows of one script: Redis does nothing else while it runs. */
const RENEWALS = 200;
const RESTORED = 100;
/** How often another row is evicted for a newcomer: others come, too. */
const EVICTIONS = 5;
/** Questions without an answer that are kept: as many as devices that wait to be entered. */
const MAX_UNANSWERED = 10_000;

type RowOperations = Pick<DeviceStore, 'enter' | 'renew' | 'read' | 'list' | 'restore' | 'edit'>;

/** Operations on rows that have not ended. */
export function rowsOf(context: StoreContext): RowOperations {
  const { run, keys } = context;

  /** Devices whose row may have been made by a question that had no answer, with that question. */
  const unanswered = new Map<string, string>();

  async function enterOnce(sighting: Sighting, maker: string): Promise<string[]> {
    const { deviceId, certifiedAtMs, issuedAtMs, expiresAtMs, address } = sighting;
    const { devicesPerWallet, devices, confirmAfterMs, cleansUp } = context.settings;
    const of = walletKeysOf(keys, [deviceId]);
    const token = [certifiedAtMs, issuedAtMs, expiresAtMs].map(numberText);
    const limits = [devicesPerWallet, devices, confirmAfterMs].map(numberText);
    const id = [deviceId, walletOfId(deviceId), keyMemberOf(deviceId)];
    return run(ENTER, [1, ...id, ...token, addressText(address), ...limits, cleansUp ? 1 : 0, maker], of);
  }

  return {
    async enter(sighting) {
      const { deviceId } = sighting;
      const maker = unanswered.get(deviceId) ?? freshToken();
      unanswered.delete(deviceId);
      try {
        let [word = '', value = ''] = await enterOnce(sighting, maker);
        for (let i = 0; word === 'evict' && i < EVICTIONS; i++) {
          await evict(context, value);
          [word = '', value = ''] = await enterOnce(sighting, maker);
        }
        return enteredOf(deviceId, word, value);
      } catch (error) {
        unanswered.set(deviceId, maker);
        const [oldest] = unanswered.keys();
        if (unanswered.size > MAX_UNANSWERED && oldest !== undefined) unanswered.delete(oldest);
        throw error;
      }
    },
    async renew(renewals) {
      for (const group of groupsOf(renewals, RENEWALS)) {
        const of = walletKeysOf(
          keys,
          group.map(({ deviceId }) => deviceId),
        );
        const args = group.flatMap(({ deviceId, expiresAtMs, issuedAtMs, address }) => [
          of.numberOfId(deviceId),
          deviceId,
          numberText(expiresAtMs),
          numberText(issuedAtMs),
          addressText(address),
        ]);
        await run(RENEW, [context.settings.confirmAfterMs, ...args], of);
      }
    },
    async read(deviceIds) {
      const rows: (DeviceRow | undefined)[] = [];
      for (const group of groupsOf(deviceIds, RENEWALS)) {
        const of = walletKeysOf(keys, group);
        const found = await run(
          READ,
          group.flatMap((id) => [of.numberOfId(id), id]),
          of,
        );
        rows.push(...group.map((id, i) => readRow(id, found[i] ?? '')));
      }
      return rows;
    },
    async list(wallet) {
      const fields = await run(LIST, [1], walletKeys(keys, [wallet]));
      return groupsOf(fields, 2).flatMap(([key, text = '']) => readRow(`${wallet}/${key}`, text) ?? []);
    },
    async restore(rows) {
      for (const group of groupsOf(rows, RESTORED)) {
        const of = walletKeysOf(
          keys,
          group.map(({ deviceId }) => deviceId),
        );
        const args = group.flatMap((row) => {
          const { deviceId, ended = '' } = row;
          const id = [of.numberOfId(deviceId), deviceId, walletOfId(deviceId), keyMemberOf(deviceId)];
          return [...id, ended, rowText(row)];
        });
        await run(RESTORE, [...endingArgs(context), ...args], of);
      }
    },
    async edit(deviceId, { label, isConfirmed }) {
      const args = [1, deviceId, isConfirmed === true ? 1 : 0, label === undefined ? 0 : 1, label ?? ''];
      const [found] = await run(EDIT, args, walletKeysOf(keys, [deviceId]));
      return found === '1';
    },
  };
}

const REFUSED = ['revoked', 'limit', 'full', 'cleaning'] as const;

function enteredOf(deviceId: string, word: string, text: string): Entered {
  if (word === 'evict') return 'full';
  const refused = REFUSED.find((known) => known === word);
  if (refused !== undefined) return refused;
  const row = readRow(deviceId, text);
  if (row === undefined) throw new Error('redisDevices: Redis answered no row');
  return { row, isNew: word === 'new' };
}
