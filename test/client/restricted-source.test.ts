import { describe, expect, it } from 'vitest';

import { createTokenSource, type TargetTokenSource, type TokenSourceOptions } from '../../src/client/index.js';
import { createVerifier, inspectToken, nobleCurve } from '../../src/index.js';
import { mintIdentity, settableClock } from '../../src/testing/index.js';
import { hostileValues } from '../support/hostile-values.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const NODE = 'node.example:443';
const identity = mintIdentity();
const hex = (digit: string) => digit.repeat(32);

function setUp(options: TokenSourceOptions = {}, from: Parameters<typeof createTokenSource>[0] = identity) {
  const clock = settableClock();
  let signed = 0;
  const sign: typeof nobleCurve.sign = (...args) => {
    signed++;
    return nobleCurve.sign(...args);
  };
  const curve = { ...nobleCurve, sign };
  const source = createTokenSource(from, { now: clock.now, random: () => 0, curve, ...options });
  return { clock, source, signed: () => signed };
}

const restrictionsOf = (token: string) => inspectToken(token).authData?.restrictions;
const challengeOf = async (source: TargetTokenSource) => {
  const bytes = restrictionsOf(await source.get())?.challenge;
  return bytes && Buffer.from(bytes).toString('hex');
};

describe('the restrictions of a source', () => {
  it('are in its tokens', async () => {
    const { clock, source } = setUp({ audience: NODE, methods: ['a.S/M'], validForMs: 60_000, strict: true });
    const token = await source.get();
    const { audience, methods, expiresNs, strict, challenge } = restrictionsOf(token)!;
    expect([audience, methods, strict, challenge]).toEqual([[NODE], ['a.S/M'], true, undefined]);
    expect(expiresNs).toBe(BigInt(clock.now().getTime() + 60_000) * 1_000_000n);
    expect(createVerifier({ now: clock.now, audience: NODE }).verify(`Bearer ${token}`).wallet).toBe(identity.wallet);
  });

  it('are none by default: the token keeps its bytes', async () => {
    const { source } = setUp();
    expect(restrictionsOf(await source.get())).toBeUndefined();
    expect(restrictionsOf(await source.forTarget('a').get())).toBeUndefined();
  });

  it('a token that ends earlier is renewed earlier', async () => {
    const { clock, source } = setUp({ validForMs: 60_000 });
    const first = await source.get();
    clock.advance(29_999);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first);
  });

  it('a view with an audience names this node alone, whatever the source names', async () => {
    const { source } = setUp({ audience: ['a.example:443', 'b.example:443'] });
    expect(restrictionsOf(await source.forTarget('x').get())?.audience).toEqual(['a.example:443', 'b.example:443']);
    const view = source.forTarget('x', { audience: NODE });
    expect(restrictionsOf(await view.get())?.audience).toEqual([NODE]);
    expect(source.forTarget('x', { audience: NODE })).toBe(view);
    expect(source.forTarget('x')).not.toBe(view);
    expect(source.forTarget(`${NODE} x`)).not.toBe(view);
  });

  it.each<[string, object]>([
    ['audience', { audience: 'Node.example:443' }],
    ['audience', { audience: [] }],
    ['methods', { methods: ['/a.S/M'] }],
    ['validForMs must be an integer from 1000', { validForMs: 999 }],
    ['strict', { strict: 1 }],
    ['unknown option "challenge"', { challenge: hex('a') }],
    ['onCertificateExpired must be a function', { onCertificateExpired: {} }],
  ])('is no source: %s', (message, options) => {
    expect(() => createTokenSource(identity, options)).toThrow(TypeError);
    expect(() => createTokenSource(identity, options)).toThrow(message);
  });

  it.each<[string, object]>([
    ['audience', { audience: 'node.example:443/' }],
    ['audience', { audience: null }],
    ['unknown option "audiences"', { audiences: NODE }],
  ])('is no view: %s', (message, options) => {
    expect(() => setUp().source.forTarget('a', options)).toThrow(TypeError);
    expect(() => setUp().source.forTarget('a', options)).toThrow(message);
  });
});

describe('the clock of a node that is the only audience', () => {
  const madeAfter = async (view: TargetTokenSource, ms: number) =>
    Number(inspectToken(await view.get()).authData!.createdNs / 1_000_000n) - ms;

  it('is believed up to a day ahead, that of others five minutes', async () => {
    const { clock, source } = setUp({ audience: 'other.example:443' });
    const nowMs = clock.now().getTime();
    const views = [source.forTarget('x', { audience: NODE }), source.forTarget('x'), source];
    for (const view of views) view.noteServerTime(nowMs + 2 * DAY_MS);
    expect(await Promise.all(views.map((view) => madeAfter(view, nowMs)))).toEqual([DAY_MS, 300_000, 300_000]);
  });

  it('is believed no further than maxClockAdvanceMs says', async () => {
    const { clock, source } = setUp({ maxClockAdvanceMs: 1_000 });
    const view = source.forTarget('x', { audience: NODE });
    view.noteServerTime(clock.now().getTime() + DAY_MS);
    expect(await madeAfter(view, clock.now().getTime())).toBe(1_000);
  });
});

describe('noteChallenge', () => {
  it('has the token renewed with it, once for a hundred who ask and a hundred answers', async () => {
    const { source, signed } = setUp({ audience: NODE });
    expect(await challengeOf(source)).toBeUndefined();
    for (let i = 0; i < 100; i++) source.noteChallenge(hex('a'));
    const tokens = await Promise.all(Array.from({ length: 100 }, () => source.get()));
    expect(new Set(tokens).size).toBe(1);
    expect(await challengeOf(source)).toBe(hex('a'));
    expect(signed()).toBe(2);
    source.noteChallenge(new Uint8Array(16).fill(0xbb));
    expect(await challengeOf(source)).toBe(hex('b'));
  });

  it('is about one target', async () => {
    const { source } = setUp({ audience: [NODE, 'b.example:443'] });
    source.forTarget('a').noteChallenge(hex('a'));
    source.forTarget('b').noteChallenge(hex('b'));
    const all = [source.forTarget('a'), source.forTarget('b'), source];
    expect(await Promise.all(all.map(challengeOf))).toEqual([hex('a'), hex('b'), undefined]);
  });

  it('is nothing to a token without an audience, which must not carry one', async () => {
    const { source } = setUp();
    const first = await source.get();
    source.noteChallenge(hex('a'));
    source.noteChallenge(hex('b'), first);
    expect(await source.get()).toBe(first);
    const view = source.forTarget('x', { audience: NODE });
    view.noteChallenge(hex('a'));
    expect(await challengeOf(view)).toBe(hex('a'));
  });

  it('has clients renew within half a minute and not all at once, but at once where the token was refused', async () => {
    const { clock, source } = setUp({ audience: NODE, random: () => 1 });
    const first = await source.get();
    source.noteChallenge(hex('a'));
    clock.advance(29_999);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    const second = await source.get();
    expect(second).not.toBe(first);
    source.noteChallenge(hex('b'), second);
    expect(await challengeOf(source)).toBe(hex('b'));
  });

  it('does not go back to one that an answer named before: two nodes that change their secret cause no endless renewal', async () => {
    const { source, signed } = setUp({ audience: NODE });
    for (let i = 0; i < 100; i++) {
      await source.get();
      source.noteChallenge(hex(i % 2 === 0 ? 'a' : 'b'));
    }
    expect(await challengeOf(source)).toBe(hex('b'));
    expect(signed()).toBe(3);
  });

  it('goes back to one for the want of which a token was refused', async () => {
    const { source } = setUp({ audience: NODE });
    for (const digit of ['a', 'b']) source.noteChallenge(hex(digit));
    const token = await source.get();
    source.noteChallenge(hex('a'), token);
    expect(await challengeOf(source)).toBe(hex('a'));
  });

  it('is not renewed again by refusals that come late', async () => {
    const { source, signed } = setUp({ audience: NODE });
    const old = await source.get();
    for (let i = 0; i < 50; i++) source.noteChallenge(hex('a'), old);
    await source.get();
    for (let i = 0; i < 50; i++) source.noteChallenge(hex('a'), old);
    await source.get();
    expect(signed()).toBe(2);
  });

  it.each<readonly [string, unknown]>([
    ['15 bytes', new Uint8Array(15)],
    ['17 bytes', new Uint8Array(17)],
    ['no bytes', new Uint8Array(0)],
    ['31 digits', 'a'.repeat(31)],
    ['34 digits', 'a'.repeat(34)],
    ['other letters', 'g'.repeat(32)],
    ...hostileValues,
  ])('ignores %s', async (_, challenge) => {
    const { source } = setUp({ audience: NODE });
    const first = await source.get();
    source.noteChallenge(challenge as never);
    source.noteChallenge(challenge as never, first);
    expect(await source.get()).toBe(first);
  });
});

describe('a certificate that ends', () => {
  const start = settableClock().now().getTime();
  const ending = (afterMs: number) => mintIdentity({ certificateExpiresAtMs: start + afterMs });
  const expired = expect.objectContaining({ reason: 'CERTIFICATE_EXPIRED' });

  it('ends its tokens, and is not renewed in ever smaller steps', async () => {
    const { clock, source, signed } = setUp({}, ending(HOUR_MS / 2));
    const first = await source.get();
    clock.advance(HOUR_MS / 2 - 1);
    expect(await source.get()).toBe(first);
    clock.advance(1);
    expect(await source.get()).not.toBe(first); // good at its end, too
    expect(signed()).toBe(2);
    clock.advance(1);
    await expect(source.get()).rejects.toEqual(expired);
    await expect(source.forTarget('a').get()).rejects.toEqual(expired);
    expect(signed()).toBe(2);
  });

  it('is replaced by one call of onCertificateExpired for all who wait', async () => {
    let calls = 0;
    const onCertificateExpired = async () => (calls++, ending(2 * HOUR_MS));
    const { clock, source } = setUp({ onCertificateExpired }, ending(HOUR_MS));
    clock.advance(HOUR_MS + 1);
    const views = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? source : source.forTarget('a')));
    const tokens = await Promise.all(views.map((view) => view.get()));
    expect([new Set(tokens).size, calls]).toEqual([1, 1]); // equal content at an equal time
    const verifier = createVerifier({ now: clock.now });
    expect(verifier.verify(`Bearer ${tokens[0]}`).deviceId).toBe(identity.deviceId);
    clock.advance(HOUR_MS);
    await expect(source.get()).rejects.toEqual(expired); // what it gave has ended by then
  });

  it('is asked for a function of its own each time that one ends', async () => {
    let calls = 0;
    const onCertificateExpired = () => ending(++calls * 2 * HOUR_MS);
    const { clock, source } = setUp({ onCertificateExpired }, ending(HOUR_MS));
    for (let i = 0; i < 6; i++) {
      await source.get();
      clock.advance(HOUR_MS + 1);
    }
    expect(calls).toBe(3);
  });

  it('that is not replaced fails calls with the error as their cause, and asks again after a minute or invalidate()', async () => {
    let calls = 0;
    const closed = new Error('the user closed the window');
    const onCertificateExpired = async () => {
      calls++;
      throw closed;
    };
    const { clock, source } = setUp({ onCertificateExpired }, ending(HOUR_MS));
    clock.advance(HOUR_MS + 1);
    for (let i = 0; i < 5; i++)
      await expect(source.get()).rejects.toMatchObject({ reason: 'CERTIFICATE_EXPIRED', cause: closed });
    expect(calls).toBe(1);
    clock.advance(60_000);
    for (let i = 0; i < 5; i++) await expect(source.forTarget('a').get()).rejects.toEqual(expired);
    expect(calls).toBe(2);
    source.invalidate('some token');
    await expect(source.get()).rejects.toEqual(expired);
    expect(calls).toBe(2);
    source.invalidate();
    await expect(source.get()).rejects.toEqual(expired);
    expect(calls).toBe(3);
  });

  it.each<[string, () => unknown]>([
    ['one that has ended, too', () => ending(1)],
    ['no identity', () => ({})],
    ['nothing', () => undefined],
  ])('is not replaced by %s', async (_, onCertificateExpired) => {
    const { clock, source } = setUp({ onCertificateExpired: onCertificateExpired as never }, ending(0));
    clock.advance(HOUR_MS);
    await expect(source.get()).rejects.toEqual(expired);
    await expect(source.get()).rejects.toEqual(expired);
  });

  it('does not hold up who gives up waiting, and the new one is there for the next', async () => {
    let give: (value: ReturnType<typeof ending>) => void = () => undefined;
    const onCertificateExpired = () => new Promise<ReturnType<typeof ending>>((resolve) => (give = resolve));
    const { clock, source } = setUp({ onCertificateExpired }, ending(0));
    clock.advance(1);
    const controller = new AbortController();
    const waiting = source.get({ signal: controller.signal });
    const patient = source.get();
    await Promise.resolve();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    give(ending(HOUR_MS));
    expect(await patient).toBe(await source.get());
  });
});

describe('a certificate that a node finds too old', () => {
  const renewed = () => mintIdentity({ certificateExpiresAtMs: Date.UTC(2400, 0) });

  it('stays, with its token, where nothing gives another', async () => {
    const { source, signed } = setUp();
    const token = await source.get();
    for (let i = 0; i < 3; i++) source.invalidate(token, 'CERTIFICATE_EXPIRED');
    expect(await source.get()).toBe(token);
    expect(signed()).toBe(1);
  });

  it('is replaced once, not again within an hour, and not for a token that is out of use', async () => {
    let calls = 0;
    const { clock, source } = setUp({ onCertificateExpired: () => (calls++, renewed()) });
    const old = await source.get();
    source.invalidate(old, 'CERTIFICATE_EXPIRED');
    expect(calls).toBe(0);
    const token = await source.get();
    expect(inspectToken(token).fields?.identityKey?.notAfterNs).toBeDefined();
    for (const each of [old, token]) source.invalidate(each, 'CERTIFICATE_EXPIRED');
    expect(await source.get()).toBe(token);
    expect(calls).toBe(1);
    clock.advance(HOUR_MS);
    source.invalidate(await source.get(), 'CERTIFICATE_EXPIRED');
    await source.get();
    expect(calls).toBe(2);
  });

  it('is not used for this node any more where the new one could not be had', async () => {
    const { source } = setUp({ onCertificateExpired: () => Promise.reject(new Error('later')) });
    source.forTarget('a').invalidate(await source.forTarget('a').get(), 'CERTIFICATE_EXPIRED');
    await expect(source.forTarget('a').get()).rejects.toMatchObject({ reason: 'CERTIFICATE_EXPIRED' });
    await expect(source.forTarget('b').get()).resolves.toBeDefined();
  });
});
