import { describe, expect, it } from 'vitest';

import { createTokenSource, type DeviceIdentity, type TokenSourceOptions } from '../../src/client/index.js';
import { createVerifier, nobleCurve } from '../../src/index.js';
import { mintIdentity, settableClock } from '../../src/testing/index.js';
import { hostileValues } from '../support/hostile-values.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const identity = mintIdentity();

/** A source under a settable clock, without jitter unless told otherwise, and a curve that can be told to fail. */
function setUp(options: TokenSourceOptions = {}, from: Parameters<typeof createTokenSource>[0] = identity) {
  const clock = settableClock();
  const signer = { signed: 0, failure: undefined as Error | undefined };
  const sign: typeof nobleCurve.sign = (...args) => {
    signer.signed++;
    if (signer.failure) throw signer.failure;
    return nobleCurve.sign(...args);
  };
  const curve = { ...nobleCurve, sign };
  const source = createTokenSource(from, { now: clock.now, random: () => 0, curve, ...options });
  return { clock, signer, source };
}

/** When a token says it was made, in milliseconds since the Unix epoch. */
function madeAt(token: string): number {
  const atAnyTime = createVerifier({ now: () => new Date(0), maxFutureSkewMs: 0 });
  try {
    return atAnyTime.verify(`Bearer ${token}`).issuedAtMs;
  } catch (error) {
    return (error as { cause: { notBeforeMs: number } }).cause.notBeforeMs;
  }
}

const manyOf = (get: () => Promise<string>) => Promise.all(Array.from({ length: 100 }, get));

describe('get', () => {
  it('gives a token that a node takes', async () => {
    const { clock, source } = setUp();
    const caller = createVerifier({ now: clock.now }).verify(`Bearer ${await source.get()}`);
    expect(caller.deviceId).toBe(identity.deviceId);
    expect(caller.issuedAtMs).toBe(clock.now().getTime());
  });

  it('gives the identical text until 10 % of the hour are left, and then a new one of the same device', async () => {
    const { clock, source, signer } = setUp();
    const first = await source.get();
    clock.advance(0.9 * HOUR_MS - 1);
    expect(await source.get()).toBe(first);
    expect(signer.signed).toBe(1);
    clock.advance(1);
    const second = await source.get();
    expect(madeAt(second) - madeAt(first)).toBe(0.9 * HOUR_MS);
    const verifier = createVerifier({ now: clock.now });
    expect(verifier.verify(`Bearer ${second}`).deviceId).toBe(verifier.verify(`Bearer ${first}`).deviceId);
  });

  it.each([
    [1, 0.875 * HOUR_MS],
    [0.5, 0.8875 * HOUR_MS],
  ])('renews earlier by jitter: random %d means after %d ms', async (random, afterMs) => {
    const { clock, source } = setUp({ random: () => random });
    const first = await source.get();
    clock.advance(afterMs - 1);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first);
  });

  it('asks for the jitter once per token', async () => {
    let asked = 0;
    const { clock, source } = setUp({ random: () => (asked++, 0.5) });
    await source.get();
    await source.get();
    expect(asked).toBe(1);
    clock.advance(HOUR_MS);
    await source.get();
    expect(asked).toBe(2);
  });

  it('renews a token of two minutes when 30 s are left', async () => {
    const { clock, source } = setUp({ tokenLifetimeMs: 120_000 });
    const first = await source.get();
    clock.advance(89_999);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first);
  });

  it('uses a token of a second for half a second', async () => {
    const { clock, source } = setUp({ tokenLifetimeMs: 1_000, random: () => 1 });
    const first = await source.get();
    clock.advance(499);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first);
  });

  it('signs once for a hundred who ask at the same time, first and later', async () => {
    const { clock, source, signer } = setUp();
    expect(new Set(await manyOf(() => source.get())).size).toBe(1);
    expect(signer.signed).toBe(1);
    clock.advance(HOUR_MS);
    expect(new Set(await manyOf(() => source.get())).size).toBe(1);
    expect(signer.signed).toBe(2);
  });

  it('renews when the clock was put back behind the token', async () => {
    const { clock, source } = setUp();
    const first = await source.get();
    clock.advance(-60_000);
    expect(await source.get()).toBe(first);
    clock.advance(-1);
    expect(madeAt(await source.get())).toBe(clock.now().getTime());
  });

  it('gives the current token when a renewal ahead of time fails, and tries again at the next call', async () => {
    const { clock, source, signer } = setUp();
    const first = await source.get();
    clock.advance(0.95 * HOUR_MS);
    signer.failure = new Error('no luck');
    expect(await source.get()).toBe(first);
    signer.failure = undefined;
    expect(madeAt(await source.get())).toBe(clock.now().getTime());
  });

  it('fails when the renewal fails and the current token is over, and works again afterwards', async () => {
    const { clock, source, signer } = setUp();
    await source.get();
    signer.failure = new Error('no luck');
    clock.advance(HOUR_MS - 1);
    await source.get();
    clock.advance(1);
    await expect(source.get()).rejects.toBe(signer.failure);
    signer.failure = undefined;
    expect(madeAt(await source.get())).toBe(clock.now().getTime());
  });

  it.each([NaN, -0.01, 1.01, undefined])('fails where random() gives %s', async (value) => {
    const { source } = setUp({ random: () => value as number });
    await expect(source.get()).rejects.toThrow('random() must give a number from 0 to 1');
  });

  it('fails where the clock gives an invalid Date, and works again afterwards', async () => {
    let ms = NaN;
    const { source } = setUp({ now: () => new Date(ms) });
    await expect(source.get()).rejects.toThrow('now() gave an invalid Date');
    ms = 5;
    expect(madeAt(await source.get())).toBe(5);
  });
});

describe('an identity that is given by a function', () => {
  it('is not asked for before the first token is', () => {
    let asked = 0;
    setUp({}, () => (asked++, identity));
    expect(asked).toBe(0);
  });

  it('is asked for once, whoever asks and whatever happens to the tokens', async () => {
    let asked = 0;
    const { clock, source, signer } = setUp({}, async () => (asked++, identity));
    expect(new Set(await manyOf(() => source.get())).size).toBe(1);
    expect([asked, signer.signed]).toEqual([1, 1]);
    source.invalidate();
    clock.advance(2 * HOUR_MS);
    await manyOf(() => source.get());
    expect([asked, signer.signed]).toEqual([1, 2]);
  });

  it.each<[string, (failure: Error) => Promise<DeviceIdentity>]>([
    ['rejects', (failure) => Promise.reject(failure)],
    [
      'throws',
      (failure) => {
        throw failure;
      },
    ],
  ])('is asked for again after the function %s, and those who waited all hear why', async (_, fail) => {
    const failure = new Error('user said no');
    let asked = 0;
    const { source } = setUp({}, () => (asked++ === 0 ? fail(failure) : identity));
    const ends = await Promise.allSettled([source.get(), source.get()]);
    const rejected = { status: 'rejected', reason: failure };
    expect(ends).toEqual([rejected, rejected]);
    expect(asked).toBe(1);
    await source.get();
    expect(asked).toBe(2);
  });

  it('must be one', async () => {
    const { source } = setUp({}, () => ({ ...identity }));
    await expect(source.get()).rejects.toThrow(TypeError);
  });

  it('has its token dated when it is there, not when it was asked for', async () => {
    let give: (value: DeviceIdentity) => void = () => undefined;
    const { clock, source } = setUp({}, () => new Promise((resolve) => (give = resolve)));
    const token = source.get();
    clock.advance(HOUR_MS);
    give(identity);
    expect(madeAt(await token)).toBe(clock.now().getTime());
  });
});

describe('invalidate', () => {
  it('drops the current token', async () => {
    const { clock, source } = setUp();
    const first = await source.get();
    clock.advance(1);
    source.invalidate();
    expect(await source.get()).not.toBe(first);
  });

  it('does nothing for a token that is not the current one', async () => {
    const { clock, source, signer } = setUp();
    const first = await source.get();
    clock.advance(1);
    source.invalidate(`${first} `);
    source.invalidate('');
    expect(await source.get()).toBe(first);
    expect(signer.signed).toBe(1);
  });

  it('causes one renewal when a hundred calls were refused with the same token', async () => {
    const { clock, source, signer } = setUp();
    const first = await source.get();
    clock.advance(1);
    const retries = await manyOf(async () => {
      source.invalidate(first);
      return source.get();
    });
    expect(new Set(retries).size).toBe(1);
    expect(retries).not.toContain(first);
    expect(signer.signed).toBe(2);
  });

  it('leaves nothing to fall back to when the renewal fails', async () => {
    const { source, signer } = setUp();
    await source.get();
    source.invalidate();
    signer.failure = new Error('no luck');
    await expect(source.get()).rejects.toBe(signer.failure);
  });

  it('does nothing before there is a token', () => {
    expect(() => setUp().source.invalidate()).not.toThrow();
  });
});

describe('noteServerTime', () => {
  it.each([10 * HOUR_MS, -10 * HOUR_MS, 1])(
    'has the next token dated by a server that is %i ms ahead',
    async (aheadMs) => {
      const { clock, source } = setUp({ maxClockAdvanceMs: DAY_MS });
      source.noteServerTime(clock.now().getTime() + aheadMs);
      clock.advance(5);
      const token = await source.get();
      expect(madeAt(token)).toBe(clock.now().getTime() + aheadMs);
      clock.advance(0.9 * HOUR_MS - 1);
      expect(await source.get()).toBe(token);
      clock.advance(1);
      expect(await source.get()).not.toBe(token);
    },
  );

  it.each([
    [DAY_MS + 1, DAY_MS],
    [-DAY_MS - 1, -DAY_MS],
    [400 * DAY_MS, DAY_MS],
  ])('corrects a difference of %i ms by %i ms: a day at most', async (aheadMs, correctedMs) => {
    const { clock, source } = setUp({ maxClockAdvanceMs: DAY_MS });
    source.noteServerTime(clock.now().getTime() + aheadMs);
    expect(madeAt(await source.get())).toBe(clock.now().getTime() + correctedMs);
  });

  it('believes the latest', async () => {
    const { clock, source } = setUp({ maxClockAdvanceMs: DAY_MS });
    source.noteServerTime(clock.now().getTime() + HOUR_MS);
    source.noteServerTime(clock.now().getTime());
    expect(madeAt(await source.get())).toBe(clock.now().getTime());
  });

  it.each(hostileValues.filter(([, value]) => value !== 2 ** 53))('ignores %s', async (_, value) => {
    const { clock, source } = setUp();
    source.noteServerTime(value as never);
    expect(madeAt(await source.get())).toBe(clock.now().getTime());
  });

  it('makes a refused client work: the retry of PROTOCOL.md section 6', async () => {
    const { clock, source } = setUp();
    const node = createVerifier({ now: () => new Date(clock.now().getTime() - 3 * HOUR_MS) });
    const first = await source.get();
    expect(() => node.verify(`Bearer ${first}`)).toThrow(expect.objectContaining({ reason: 'TOKEN_FROM_FUTURE' }));
    source.noteServerTime(clock.now().getTime() - 3 * HOUR_MS);
    source.invalidate(first);
    expect(node.verify(`Bearer ${await source.get()}`).deviceId).toBe(identity.deviceId);
  });
});

describe('noteExpiry', () => {
  it('renews in time for a node whose tokens live shorter', async () => {
    const { clock, source } = setUp();
    const first = await source.get();
    source.noteExpiry(first, madeAt(first) + 600_000);
    clock.advance(540_000 - 1);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first);
  });

  it("is by the server's clock", async () => {
    const { clock, source } = setUp();
    source.noteServerTime(clock.now().getTime() - 10 * HOUR_MS);
    const first = await source.get();
    source.noteExpiry(first, clock.now().getTime() - 10 * HOUR_MS + 600_000);
    clock.advance(540_000 - 1);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first);
  });

  it('goes by the strictest of several nodes', async () => {
    const { clock, source } = setUp();
    const first = await source.get();
    for (const afterMs of [HOUR_MS / 2, HOUR_MS / 3, 24 * HOUR_MS]) source.noteExpiry(first, madeAt(first) + afterMs);
    clock.advance(0.3 * HOUR_MS - 1);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first);
  });

  it('ends what can be given when a renewal fails', async () => {
    const { clock, source, signer } = setUp();
    const first = await source.get();
    source.noteExpiry(first, madeAt(first) + 600_000);
    signer.failure = new Error('no luck');
    clock.advance(599_999);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    await expect(source.get()).rejects.toBe(signer.failure);
  });

  it('does not make a life longer', async () => {
    const { clock, source } = setUp();
    const first = await source.get();
    source.noteExpiry(first, madeAt(first) + 24 * HOUR_MS);
    clock.advance(0.9 * HOUR_MS);
    expect(await source.get()).not.toBe(first);
  });

  it('says nothing about other tokens', async () => {
    const { clock, source } = setUp();
    const first = await source.get();
    clock.advance(1);
    source.invalidate();
    const second = await source.get();
    source.noteExpiry(first, madeAt(first) + 1_000);
    clock.advance(0.9 * HOUR_MS - 1);
    expect(await source.get()).toBe(second);
  });

  it.each<readonly [string, (madeAtMs: number) => unknown]>([
    ['a life below a second', (ms) => ms + 999],
    ['a time before the token', (ms) => ms - 1],
    ['a fraction', (ms) => ms + 600_000.5],
    ...hostileValues.map(([name, value]) => [name, () => value] as const),
  ])('ignores %s', async (_, expiry) => {
    const { clock, source } = setUp();
    const first = await source.get();
    source.noteExpiry(first, expiry(madeAt(first)) as never);
    clock.advance(0.9 * HOUR_MS - 1);
    expect(await source.get()).toBe(first);
  });

  it('does nothing before there is a token', () => {
    expect(() => setUp().source.noteExpiry('', 5)).not.toThrow();
  });
});

describe('a node that claims another time', () => {
  it('a day ahead collects no token that is post-dated by more than five minutes, and other nodes refuse even that', async () => {
    const { clock, source } = setUp();
    source.noteServerTime(clock.now().getTime() + DAY_MS);
    const token = await source.get();
    expect(madeAt(token)).toBe(clock.now().getTime() + 300_000);
    const elsewhere = createVerifier({ now: clock.now });
    expect(() => elsewhere.verify(`Bearer ${token}`)).toThrow(expect.objectContaining({ reason: 'TOKEN_FROM_FUTURE' }));
    clock.advance(DAY_MS);
    expect(() => elsewhere.verify(`Bearer ${token}`)).toThrow(expect.objectContaining({ reason: 'TOKEN_EXPIRED' }));
  });

  it('is believed for itself alone: other targets and the source itself keep the own clock', async () => {
    const { clock, source } = setUp();
    source.forTarget('bad.example:443').noteServerTime(clock.now().getTime() + DAY_MS);
    const good = source.forTarget('good.example:443');
    expect(madeAt(await good.get())).toBe(clock.now().getTime());
    expect(madeAt(await source.get())).toBe(clock.now().getTime());
    const token = await good.get();
    expect(createVerifier({ now: clock.now }).verify(`Bearer ${token}`).deviceId).toBe(identity.deviceId);
  });

  it.each([
    [300_001, 300_000],
    [300_000, 300_000],
    [299_999, 299_999],
    [-DAY_MS, -DAY_MS],
    [-DAY_MS - 1, -DAY_MS],
  ])(
    '%i ms ahead moves tokens by %i ms, five minutes forwards and a day backwards at most',
    async (claimedMs, movedMs) => {
      const { clock, source } = setUp();
      for (const tokens of [source, source.forTarget('a')]) {
        tokens.noteServerTime(clock.now().getTime() + claimedMs);
        expect(madeAt(await tokens.get())).toBe(clock.now().getTime() + movedMs);
      }
    },
  );

  it('cannot add one advance to another: the bound is on the whole difference to the own clock', async () => {
    const { clock, source } = setUp();
    const target = source.forTarget('a');
    for (let i = 0; i < 10; i++) {
      const token = await target.get();
      target.noteServerTime(madeAt(token) + 300_000);
      target.invalidate(token);
    }
    expect(madeAt(await target.get())).toBe(clock.now().getTime() + 300_000);
  });

  it.each([0, 1, DAY_MS])(
    'moves tokens forwards by %i ms at most where maxClockAdvanceMs says so',
    async (maxClockAdvanceMs) => {
      const { clock, source } = setUp({ maxClockAdvanceMs });
      source.noteServerTime(clock.now().getTime() + 2 * DAY_MS);
      expect(madeAt(await source.get())).toBe(clock.now().getTime() + maxClockAdvanceMs);
    },
  );
});

describe('forTarget', () => {
  it('has a token, its end and its renewal of its own', async () => {
    const { clock, source, signer } = setUp();
    const [one, two] = [source.forTarget('one:1'), source.forTarget('two:2')];
    const first = await one.get();
    one.noteExpiry(first, madeAt(first) + 600_000);
    const other = await two.get();
    clock.advance(540_000);
    expect(await one.get()).not.toBe(first);
    expect(await two.get()).toBe(other);
    two.invalidate();
    expect(await two.get()).not.toBe(other);
    expect(signer.signed).toBe(4);
  });

  it('gives the same view for the same name, and asks for the identity once for all', async () => {
    let asked = 0;
    const { source } = setUp({}, () => (asked++, identity));
    expect(source.forTarget('one:1')).toBe(source.forTarget('one:1'));
    expect(source.forTarget('one:1')).not.toBe(source.forTarget('ONE:1'));
    await Promise.all([source.get(), source.forTarget('one:1').get(), source.forTarget('two:2').get()]);
    expect(asked).toBe(1);
  });

  it('keeps a thousand targets and drops the one that was asked for longest ago; who holds its view goes on with it', async () => {
    const { clock, source } = setUp();
    const first = source.forTarget('0');
    const second = source.forTarget('1');
    for (let i = 2; i < 1_000; i++) source.forTarget(String(i));
    expect(source.forTarget('0')).toBe(first);
    source.forTarget('1000');
    expect(source.forTarget('0')).toBe(first);
    expect(source.forTarget('1')).not.toBe(second);
    second.noteServerTime(clock.now().getTime() - HOUR_MS);
    expect(madeAt(await second.get())).toBe(clock.now().getTime() - HOUR_MS);
  });

  it.each(hostileValues.filter(([, value]) => typeof value !== 'string' || value === ''))('refuses %s', (_, value) => {
    expect(() => setUp().source.forTarget(value as never)).toThrow(
      new TypeError('target must be a text that is not empty'),
    );
  });

  it('gives a frozen object with these functions', () => {
    const view = setUp().source.forTarget('a');
    expect(Object.isFrozen(view)).toBe(true);
    expect(Object.keys(view)).toEqual(['get', 'invalidate', 'noteServerTime', 'noteExpiry', 'noteChallenge']);
  });
});

describe('get({ signal })', () => {
  const never = () => new Promise<DeviceIdentity>(() => undefined);

  it('ends the wait for a wallet that hangs, with the reason of the signal, and leaves the others waiting', async () => {
    let give: (value: DeviceIdentity) => void = () => undefined;
    const { source } = setUp({}, () => new Promise((resolve) => (give = resolve)));
    const abort = new AbortController();
    const [waiting, patient] = [source.get({ signal: abort.signal }), source.get()];
    abort.abort(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    give(identity);
    expect(await patient).toBe(await source.get());
  });

  it('works on the view of a target too', async () => {
    const { source } = setUp({}, never);
    const abort = new AbortController();
    const waiting = source.forTarget('a').get({ signal: abort.signal });
    abort.abort(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
  });

  it('asks for no identity once it is aborted', async () => {
    let asked = 0;
    const { source } = setUp({}, () => (asked++, identity));
    await expect(source.get({ signal: AbortSignal.abort(new Error('late')) })).rejects.toThrow('late');
    expect(asked).toBe(0);
  });

  it('leaves no listener behind', async () => {
    const { source } = setUp({}, async () => identity);
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => (listeners++, addEventListener.apply(signal, args as never));
    signal.removeEventListener = (...args: unknown[]) => (
      listeners--,
      removeEventListener.apply(signal, args as never)
    );
    await source.get({ signal });
    expect(listeners).toBe(0);
  });

  it.each([null, 5, 'x', {}, { aborted: false }])('refuses %s as signal', async (signal) => {
    await expect(setUp().source.get({ signal } as never)).rejects.toThrow(
      new TypeError('signal must be an AbortSignal'),
    );
  });

  it('refuses other options', async () => {
    await expect(setUp().source.get({ timeout: 5 } as never)).rejects.toThrow(
      'unknown option "timeout"; known are signal',
    );
  });
});

describe('createTokenSource', () => {
  it('gives a frozen object with these functions', () => {
    const { source } = setUp();
    expect(Object.isFrozen(source)).toBe(true);
    const notes = ['noteServerTime', 'noteExpiry', 'noteChallenge'];
    expect(Object.keys(source)).toEqual(['get', 'invalidate', ...notes, 'forTarget']);
  });

  it('works by the system clock and with Math.random by default', async () => {
    const source = createTokenSource(identity);
    const token = await source.get();
    expect(createVerifier().verify(`Bearer ${token}`).wallet).toBe(identity.wallet);
    expect(await source.get()).toBe(token);
  });

  it.each(hostileValues.filter(([, value]) => typeof value !== 'function'))('refuses %s as identity', (_, value) => {
    expect(() => createTokenSource(value as never)).toThrow(TypeError);
  });

  it.each<[string, unknown]>([
    ['tokenLifetimeMs', 999],
    ['tokenLifetimeMs', 366 * DAY_MS + 1],
    ['tokenLifetimeMs', NaN],
    ['tokenLifetimeMs', null],
    ['tokenLifetimeMs', '3600000'],
    ['maxClockAdvanceMs', -1],
    ['maxClockAdvanceMs', DAY_MS + 1],
    ['maxClockAdvanceMs', 0.5],
    ['maxClockAdvanceMs', null],
    ['random', 0.5],
    ['now', new Date()],
    ['curve', null],
    ['statement', undefined],
    ['lifetime', 5],
  ])('refuses the option %s with %j', (name, value) => {
    expect(() => createTokenSource(identity, { [name]: value })).toThrow(TypeError);
    expect(() => createTokenSource(identity, { [name]: value })).toThrow(name);
  });

  it.each([1_000, 366 * DAY_MS])('takes a life of %i ms', (tokenLifetimeMs) => {
    expect(() => createTokenSource(identity, { tokenLifetimeMs })).not.toThrow();
  });
});
