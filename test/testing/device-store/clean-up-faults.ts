import type { Claim } from '../../../src/devices/store.js';
import type { Wrap } from './backings.js';
import { faulty, withSettings } from './faulty.js';

/** Faults of clean-ups, by what they are. */
export const cleanUpFaults = {
  'no row waits for its clean-up': withSettings(() => ({ cleansUp: false })),
  'rows wait for a clean-up that nobody does': withSettings(() => ({ cleansUp: true })),
  'a device comes back during its clean-up': faulty((inner) => ({
    async enter(sighting) {
      const entered = await inner.enter(sighting);
      if (entered !== 'cleaning') return entered;
      const { issuedAtMs: firstIssuedMs, ...facts } = sighting;
      const nowMs = firstIssuedMs;
      const row = { ...facts, firstIssuedMs, firstSeenMs: nowMs, seenMs: nowMs, isConfirmed: false, label: '' };
      return { row, isNew: true };
    },
  })),
  'a revoked device is said to be cleaned up': faulty((inner) => {
    const removed = new Set<string>();
    return {
      async remove(id) {
        removed.add(id);
        return inner.remove(id);
      },
      async enter(sighting) {
        const entered = await inner.enter(sighting);
        return entered === 'revoked' && removed.has(sighting.deviceId) ? 'cleaning' : entered;
      },
    };
  }),
  'a device is not revoked when its clean-up waits': faulty((inner) => {
    const ended = new Set<string>();
    return {
      async remove(id) {
        const wasThere = await inner.remove(id);
        if (wasThere) ended.add(id);
        return wasThere;
      },
      revoke: (facts) => inner.revoke(facts.filter((fact) => !('deviceId' in fact && ended.has(fact.deviceId)))),
    };
  }),
  'the new certificate of a device that is cleaned up is not looked at': faulty((inner) => {
    const revoked = new Set<string>();
    return {
      async enter(sighting) {
        const entered = await inner.enter(sighting);
        if (entered === 'revoked') revoked.add(sighting.deviceId);
        return entered === 'cleaning' && revoked.has(sighting.deviceId) ? 'revoked' : entered;
      },
    };
  }),
  'rows that have ended are read': faulty((inner) => {
    const rows = new Map<string, NonNullable<Awaited<ReturnType<typeof inner.read>>[0]>>();
    return {
      async enter(sighting) {
        const entered = await inner.enter(sighting);
        if (entered instanceof Object) rows.set(sighting.deviceId, entered.row);
        return entered;
      },
      read: async (ids) => ((await inner.backlog()).pending > 0 ? ids.map((id) => rows.get(id)) : inner.read(ids)),
    };
  }),
  'rows that are purged have no clean-up': faulty((inner) => ({
    async purge(most) {
      const purged = await inner.purge(most);
      for (const claim of await inner.claim(Infinity, 0)) {
        if (purged.includes(claim.deviceId)) await inner.finish(claim);
        else await inner.defer(claim, 0);
      }
      return purged;
    },
  })),
  'a wallet that is revoked has one clean-up': faulty((inner) => ({
    async revokeWallet(wallet, survivor) {
      const answer = await inner.revokeWallet(wallet, survivor);
      for (const claim of (await inner.claim(Infinity, 0)).slice(1)) await inner.finish(claim);
      return answer;
    },
  })),
  'every clean-up is that of a purge': faulty((inner) => ({
    claim: async (most, leaseMs) =>
      (await inner.claim(most, leaseMs)).map((claim): Claim => ({ ...claim, cause: 'purged' })),
  })),
  'the incarnation is another time': faulty((inner) => ({
    claim: async (most, leaseMs) =>
      (await inner.claim(most, leaseMs)).map((claim) => ({ ...claim, incarnation: claim.incarnation + 7 })),
  })),
  'every attempt is the first': faulty((inner) => ({
    claim: async (most, leaseMs) => (await inner.claim(most, leaseMs)).map((claim) => ({ ...claim, attempt: 1 })),
  })),
  'claim gives all there are': faulty((inner) => ({ claim: (_, leaseMs) => inner.claim(Infinity, leaseMs) })),
  'claims hold for no time': faulty((inner) => ({ claim: (most) => inner.claim(most, 0) })),
  'claims hold for ever': faulty((inner) => ({ claim: (most) => inner.claim(most, Infinity) })),
  'a lost claim is as good as any': faulty((inner) => {
    return {
      finish: (claim) => inner.finish(newest(claim)),
      defer: (claim, delayMs) => inner.defer(newest(claim), delayMs),
      claim: async (most, leaseMs) => {
        const claims = await inner.claim(most, leaseMs);
        for (const claim of claims) newestOf.set(claim.deviceId, claim);
        return claims;
      },
    };
  }),
  'a claim is good in the next life of its device': faulty((inner) => ({
    async defer(claim, delayMs) {
      return (await inner.defer(claim, delayMs)) || (await inner.backlog()).pending > 0;
    },
  })),
  'defer does nothing': faulty(() => ({ defer: async () => true })),
  'defer waits for no time': faulty((inner) => ({ defer: (claim) => inner.defer(claim, 0) })),
  'defer loses the claim': faulty((inner) => {
    const lost = new Set<string>();
    return {
      defer: (claim, delayMs) => {
        lost.add(claim.token);
        return inner.defer(claim, delayMs);
      },
      finish: async (claim) => !lost.has(claim.token) && inner.finish(claim),
    };
  }),
  'finish may be called twice': faulty((inner) => ({ finish: async (claim) => (await inner.finish(claim)) || true })),
  'finish does nothing': faulty(() => ({ finish: async () => true })),
  'a revocation has the clean-up done again': faulty((inner) => {
    let running: readonly Claim[] = [];
    return {
      async claim(most, leaseMs) {
        running = await inner.claim(most, leaseMs);
        return running;
      },
      async revoke(facts) {
        for (const claim of running) await inner.defer(claim, 0);
        return inner.revoke(facts);
      },
    };
  }),
  'the backlog has only what waits': faulty((inner) => {
    let running = 0;
    return {
      async claim(most, leaseMs) {
        const claims = await inner.claim(most, leaseMs);
        running += claims.length;
        return claims;
      },
      async backlog() {
        const backlog = await inner.backlog();
        return { ...backlog, pending: Math.max(0, backlog.pending - running) };
      },
    };
  }),
  'the oldest clean-up is always new': faulty((inner) => ({
    backlog: async () => ({ ...(await inner.backlog()), oldestMs: 0 }),
  })),
  'restore makes rows that have ended as if they had not': faulty((inner) => ({
    restore: (rows) => inner.restore(rows.map((row) => ({ ...row, ended: undefined }))),
  })),
  'restore leaves revoked devices without their clean-up': faulty((inner) => {
    const revoked = new Set<string>();
    return {
      async revoke(facts) {
        for (const fact of facts) if ('deviceId' in fact) revoked.add(fact.deviceId);
        return inner.revoke(facts);
      },
      restore: (rows) => inner.restore(rows.filter(({ deviceId }) => !revoked.has(deviceId))),
    };
  }),
} satisfies Record<string, Wrap>;

const newestOf = new Map<string, Claim>();
const newest = (claim: Claim): Claim => ({ ...claim, token: newestOf.get(claim.deviceId)?.token ?? claim.token });
