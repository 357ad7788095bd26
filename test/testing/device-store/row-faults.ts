import type { DeviceRow, DeviceStore } from '../../../src/devices/store.js';
import type { Wrap } from './backings.js';
import { faulty, turn, withListener, withRows, withSettings } from './faulty.js';

const LONG_MS = 1e12;

/** A store whose rows have something of what they had before. */
function withMemory(change: (row: DeviceRow, first: DeviceRow) => DeviceRow): Wrap {
  const firstRows = new WeakMap<DeviceStore, Map<string, DeviceRow>>();
  return withRows((row, inner) => {
    const rows = firstRows.get(inner) ?? new Map<string, DeviceRow>();
    firstRows.set(inner, rows);
    const first = rows.get(row.deviceId) ?? row;
    rows.set(row.deviceId, first);
    return change(row, first);
  });
}

/** Faults of rows, by what they are. */
export const rowFaults = {
  'every call is told that the device is new': faulty((inner) => ({
    async enter(sighting) {
      const entered = await inner.enter(sighting);
      return entered instanceof Object ? { ...entered, isNew: true } : entered;
    },
  })),
  'enter answers the row as it is after this token': faulty((inner) => ({
    async enter(sighting) {
      const entered = await inner.enter(sighting);
      const [row] = await inner.read([sighting.deviceId]);
      return entered instanceof Object && row ? { ...entered, row } : entered;
    },
  })),
  'enter looks for a row before it makes one': faulty((inner) => ({
    async enter(sighting) {
      const [known] = await inner.read([sighting.deviceId]);
      await turn();
      const entered = await inner.enter(sighting);
      return entered instanceof Object ? { ...entered, isNew: known === undefined } : entered;
    },
  })),
  'enter does not renew': faulty((inner) => ({
    async enter(sighting) {
      const [row] = await inner.read([sighting.deviceId]);
      return row ? { row, isNew: false } : inner.enter(sighting);
    },
  })),
  'rows have no certified time': withRows((row) => ({ ...row, certifiedAtMs: undefined })),
  'the last end wins, not the newest': faulty((inner) => {
    const ends = new Map<string, number>();
    return {
      renew: async (renewals) => {
        await inner.renew(renewals);
        for (const { deviceId, expiresAtMs } of renewals) ends.set(deviceId, expiresAtMs);
      },
      read: async (ids) =>
        (await inner.read(ids)).map((row) => row && { ...row, expiresAtMs: ends.get(row.deviceId) ?? row.expiresAtMs }),
    };
  }),
  'a renewal does not move seenMs': withMemory((row, { seenMs }) => ({ ...row, seenMs })),
  'a renewal without an address takes it away': faulty((inner) => ({
    renew: (renewals) => inner.renew(renewals.map((renewal) => ({ ...renewal, address: renewal.address ?? '' }))),
  })),
  'renew makes rows': faulty((inner) => ({
    async renew(renewals) {
      for (const renewal of renewals) {
        const [row] = await inner.read([renewal.deviceId]);
        const [wallet = ''] = renewal.deviceId.split('/');
        if (!row) await inner.enter({ ...renewal, wallet, certifiedAtMs: undefined });
      }
      return inner.renew(renewals);
    },
  })),
  'a second token confirms': withSettings(() => ({ confirmAfterMs: 1 })),
  'a renewal without a token confirms': faulty((inner) => ({
    renew: (renewals) =>
      inner.renew(
        renewals.map((each) => (each.issuedAtMs === -Infinity ? { ...each, issuedAtMs: LONG_MS * 100 } : each)),
      ),
  })),
  'no token confirms': withSettings(() => ({ confirmAfterMs: Infinity })),
  'edit replaces what was not named': faulty((inner) => ({
    edit: (id, { label = '', ...others }) => inner.edit(id, { label, ...others }),
  })),
  'edit always finds a row': faulty((inner) => ({
    edit: async (id, change) => (await inner.edit(id, change)) || true,
  })),
  'remove always finds a row': faulty((inner) => ({ remove: async (id) => (await inner.remove(id)) || true })),
  'remove takes the whole wallet': faulty((inner) => ({
    async remove(id) {
      const [wallet = ''] = id.split('/');
      const others = (await inner.list(wallet)).filter(({ deviceId }) => deviceId !== id);
      const wasThere = await inner.remove(id);
      for (const { deviceId } of others) await inner.remove(deviceId);
      return wasThere;
    },
  })),
  'read leaves out what is not there': faulty((inner) => ({
    read: async (ids) => (await inner.read(ids)).filter((row) => row !== undefined),
  })),
  'list leaves out the first': faulty((inner) => ({ list: async (wallet) => (await inner.list(wallet)).slice(1) })),
  'list has the rows of all wallets': faulty((inner) => {
    const ids = new Set<string>();
    return {
      enter(sighting) {
        ids.add(sighting.deviceId);
        return inner.enter(sighting);
      },
      list: async () => (await inner.read([...ids])).filter((row) => row !== undefined),
    };
  }),
  'a row that is made anew has the time of the one before': withMemory((row, { firstSeenMs }) => ({
    ...row,
    firstSeenMs,
  })),
  'rows have the time of the clock': faulty((inner, node) => {
    const times = new Map<string, number>();
    const timed = (row: DeviceRow) => ({ ...row, firstSeenMs: times.get(row.deviceId) ?? row.firstSeenMs });
    return {
      async enter(sighting) {
        const entered = await inner.enter(sighting);
        if (!(entered instanceof Object)) return entered;
        if (entered.isNew) times.set(sighting.deviceId, node.settings.nowMs());
        return { ...entered, row: timed(entered.row) };
      },
      read: async (ids) => (await inner.read(ids)).map((row) => row && timed(row)),
      list: async (wallet) => (await inner.list(wallet)).map(timed),
    };
  }),
  'it can be closed once': faulty((inner) => {
    let isClosed = false;
    return {
      async close() {
        if (isClosed) throw new Error('closed');
        isClosed = true;
        await inner.close();
      },
    };
  }),
  'a wallet may have any number of devices': withSettings(() => ({ devicesPerWallet: Infinity })),
  'devices are counted before the row is made': faulty((inner, node) => ({
    open(settings, listener) {
      Object.assign(node, { settings, listener });
      return inner.open({ ...settings, devicesPerWallet: Infinity }, listener);
    },
    async enter(sighting) {
      const [known] = await inner.read([sighting.deviceId]);
      const count = (await inner.list(sighting.wallet)).length;
      await turn();
      return !known && count >= node.settings.devicesPerWallet ? 'limit' : inner.enter(sighting);
    },
  })),
  'there may be any number of devices': withSettings(() => ({ devices: Infinity })),
  'nothing makes room': faulty((inner, node) => {
    let rows = 0;
    return {
      async enter(sighting) {
        const [known] = await inner.read([sighting.deviceId]);
        if (!known && rows >= node.settings.devices) return 'full';
        const entered = await inner.enter(sighting);
        if (entered instanceof Object && entered.isNew) rows++;
        return entered;
      },
      async remove(id) {
        const wasThere = await inner.remove(id);
        if (wasThere) rows--;
        return wasThere;
      },
    };
  }),
  'confirmed devices make room': faulty((inner) => ({ edit: (id, { label = '' }) => inner.edit(id, { label }) })),
  'nobody is told of what made room': withListener(() => ({ purged() {} })),
  'unconfirmed rows are purged when their token has ended': withSettings(() => ({ unconfirmedMs: 0 })),
  'unconfirmed rows are kept as long as others': withSettings(({ idleMs }) => ({ unconfirmedMs: idleMs })),
  'rows are purged when their token has ended': withSettings(() => ({ idleMs: 0 })),
  'rows are never purged': withSettings(() => ({ idleMs: Infinity, unconfirmedMs: Infinity })),
  'rows are purged by the first end of their tokens': faulty((inner) => ({
    renew: (renewals) => inner.renew(renewals.map((renewal) => ({ ...renewal, expiresAtMs: 0 }))),
  })),
  'rows are purged though they were seen': faulty((inner) => ({
    renew: (renewals) => inner.renew(renewals.filter(({ issuedAtMs }) => issuedAtMs !== -Infinity)),
  })),
  'purge ends all that it can': faulty((inner) => ({ purge: () => inner.purge(Infinity) })),
  'restore makes rows of now': faulty((inner) => ({
    async restore(rows) {
      for (const row of rows) await inner.enter({ ...row, issuedAtMs: row.firstIssuedMs });
    },
  })),
  'restore replaces rows': faulty((inner) => ({
    async restore(rows) {
      for (const { deviceId } of rows) await inner.remove(deviceId);
      await inner.restore(rows);
    },
  })),
  'restore makes rows of revoked devices': withListener((listener, settings) => ({
    isRevoked: (wallet, device) =>
      device.firstSeenMs >= settings.nowMs() - 500_000 && listener.isRevoked(wallet, device),
  })),
  'restored rows are not purged': faulty((inner) => {
    const restored = new Map<string, DeviceRow>();
    return {
      restore: async (rows) => {
        await inner.restore(rows);
        for (const row of rows) restored.set(row.deviceId, row);
      },
      purge: async (most) => (await inner.purge(most)).filter((id) => !restored.has(id)),
    };
  }),
} satisfies Record<string, Wrap>;
