import { createHash } from 'node:crypto';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { fastestCurve } from '../../../src/curves/fastest-curve.js';
import { createDeviceRegistry } from '../../../src/devices/create-device-registry.js';
import { refusal } from '../../../src/errors.js';
import type { TokenEvent } from '../../../src/gate/steps/report-token.js';
import type { WalletAuthOptions } from '../../../src/grpc/server/wallet-auth.js';
import { mintIdentity } from '../../../src/testing/mint-identity.js';
import { authorization, callKinds } from '../../support/demo-server.js';
import { failOnEscapedErrors } from '../../support/escaped-errors.js';
import { misbehaviours } from '../../support/misbehaviours.js';
import { startNode } from '../../support/start-node.js';
import { bearerToken, now, tokens } from '../../support/tokens.js';

const hashed = vi.hoisted((): Uint8Array[] => []);
vi.mock(import('../../../src/crypto/hash.js'), async (original) => {
  const hash = await original();
  return { ...hash, sha256: (bytes) => (hashed.push(bytes), hash.sha256(bytes)) };
});

failOnEscapedErrors();

const HOUR_MS = 3_600_000;
const { deviceId } = mintIdentity();
const curve = fastestCurve();

/** What a program with a table by token hash does: the whole of the header but its scheme. */
const sha256OfText = (header: string) =>
  createHash('sha256')
    .update(header.replace(/^Bearer /, ''))
    .digest('hex');

const eventOf = (header: string): TokenEvent => ({
  deviceId,
  tokenSha256: sha256OfText(header),
  endsAtMs: now().getTime() + HOUR_MS,
});

async function startReportingNode(options: WalletAuthOptions = {}) {
  const reported: TokenEvent[] = [];
  const node = await startNode({ curve, onToken: (event) => void reported.push(event), ...options });
  return { ...node, reported, call: (header: string) => node.reasonOf('unary', authorization(header)) };
}

describe('onToken', () => {
  it('is called with the device, the SHA-256 of the text after `Bearer ` and the end of a token that is verified anew', async () => {
    const { call, reported } = await startReportingNode();
    expect(await call(tokens.good)).toBeUndefined();
    expect(reported).toEqual([eventOf(tokens.good)]);
    expect(reported[0]?.tokenSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.isFrozen(reported[0])).toBe(true);
  });

  it('hashes neither the scheme, in whatever case, nor spaces around the token', async () => {
    const { call, reported } = await startReportingNode();
    expect(await call(tokens.good.replace('Bearer ', 'bEARER   '))).toBeUndefined();
    expect(reported).toEqual([eventOf(tokens.good)]);
  });

  it.each(['unary', 'client stream', 'server stream', 'bidi stream'] as const)(
    'is called before the handler of a %s call runs',
    async (kind) => {
      const { own, reported, client } = await startReportingNode();
      let seen = 0;
      own.whoAmI = (_, callback) => ((seen = reported.length), callback(null, { wallet: '', deviceId: '' }));
      own.collectNotes = (_, callback) => ((seen = reported.length), callback(null, { wallet: '', count: 0 }));
      own.countUp = (stream) => ((seen = reported.length), stream.end());
      own.chat = (stream) => ((seen = reported.length), stream.end());
      await callKinds[kind](client(), authorization(tokens.good));
      expect(seen).toBe(1);
    },
  );

  it('is not called again by a cached token; a newer token of the device calls it', async () => {
    const { call, client, clock, reported } = await startReportingNode();
    for (let i = 0; i < 3; i++) expect(await call(tokens.good)).toBeUndefined();
    await callKinds['bidi stream'](client(), authorization(tokens.good));
    expect(reported).toHaveLength(1);
    clock.advance(60_000);
    const newer = bearerToken({ now: clock.now });
    for (let i = 0; i < 3; i++) expect(await call(newer)).toBeUndefined();
    expect(reported).toEqual([
      eventOf(tokens.good),
      { deviceId, tokenSha256: sha256OfText(newer), endsAtMs: now().getTime() + 60_000 + HOUR_MS },
    ]);
  });

  it('is called by each node, and at each call where tokens are not cached', async () => {
    const [one, two] = [await startReportingNode(), await startReportingNode({ maxCachedTokens: 0 })];
    for (const { call } of [one, two]) for (let i = 0; i < 2; i++) await call(tokens.good);
    expect(one.reported).toEqual([eventOf(tokens.good)]);
    expect(two.reported).toEqual([eventOf(tokens.good), eventOf(tokens.good)]);
  });

  it('is not called for a token that is refused, or without one', async () => {
    const { call, client, reported } = await startReportingNode({ rules: { '*': { auth: 'optional' } } });
    const { expired, fromFuture, forged, uncertified, wrongWallet } = tokens;
    for (const bad of [expired, fromFuture, forged, uncertified, wrongWallet, `${tokens.good}A`, 'Bearer x'])
      expect(await call(bad)).toBeDefined();
    expect((await callKinds.unary(client())).error).toBeUndefined();
    expect(reported).toEqual([]);
  });

  it('is not called for a device that the registry has as revoked', async () => {
    const devices = await createDeviceRegistry({ now });
    onTestFinished(() => devices.close());
    await devices.revoke(deviceId);
    const { call, reported } = await startReportingNode({ devices });
    expect(await call(tokens.good)).toBe('DEVICE_REVOKED');
    expect(await call(tokens.bobs)).toBeUndefined();
    expect(reported.map((event) => event.tokenSha256)).toEqual([sha256OfText(tokens.bobs)]);
  });

  it('is called when a token that was cached while its device was refused is accepted first', async () => {
    let isAway = true;
    const isRevoked = () => {
      if (isAway) throw refusal('AUTH_UNAVAILABLE');
      return false;
    };
    const { call, reported } = await startReportingNode({ isRevoked });
    expect(await call(tokens.good)).toBe('AUTH_UNAVAILABLE');
    expect(reported).toEqual([]);
    isAway = false;
    for (let i = 0; i < 2; i++) expect(await call(tokens.good)).toBeUndefined();
    expect(reported).toEqual([eventOf(tokens.good)]);
  });

  it('is called although `authorize` refuses the call: the token is good', async () => {
    const { call, reported } = await startReportingNode({ authorize: () => false });
    expect(await call(tokens.good)).toBe('ACCESS_DENIED');
    expect(reported).toEqual([eventOf(tokens.good)]);
  });

  it.each(misbehaviours)('that %s changes nothing of the call, and the process lives', async (_, behave) => {
    const { call } = await startReportingNode({ onToken: behave });
    for (let i = 0; i < 2; i++) expect(await call(tokens.good)).toBeUndefined();
  });

  it('costs no hash where it is not configured', async () => {
    const isToken = (bytes: Uint8Array) => `Bearer ${new TextDecoder().decode(bytes)}` === tokens.good;
    for (const onToken of [() => undefined, undefined]) {
      hashed.length = 0;
      const { call } = await startReportingNode({ onToken });
      expect(await call(tokens.good)).toBeUndefined();
      expect(hashed.filter(isToken)).toHaveLength(onToken === undefined ? 0 : 1);
    }
  });
});
