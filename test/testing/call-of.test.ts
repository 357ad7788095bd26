import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';

import type { handleUnaryCall, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { build } from 'esbuild';
import { describe, expect, expectTypeOf, it } from 'vitest';

import type { DemoService } from '../../gen/walletauth/demo/v1/demo_pb.js';
import { authenticated, getIdentity, requireIdentity, type GrpcHandlers } from '../../src/grpc/index.js';
import { createVerifier } from '../../src/index.js';
import { callOf, mintIdentity, mintToken, testWallets } from '../../src/testing/index.js';

const identity = mintIdentity();

describe('callOf', () => {
  it('makes a call of a minted identity, without a server', () => {
    const before = Date.now();
    const caller = requireIdentity(callOf(identity));
    const { wallet, deviceId, identityKey } = identity;
    expect(caller).toMatchObject({ wallet, deviceId, identityKey });
    expect(caller.issuedAtMs).toBeGreaterThanOrEqual(before);
    expect(caller.issuedAtMs).toBeLessThanOrEqual(Date.now());
    expect(caller.expiresAtMs - caller.issuedAtMs).toBe(3_600_000);
    expect(getIdentity(callOf(identity))?.deviceId).toBe(deviceId);
    expect(Object.isFrozen(caller)).toBe(true);
  });

  it('makes a call of an identity that a verifier proved, with its times', () => {
    const proven = createVerifier().verify(`Bearer ${mintToken()}`);
    expect(getIdentity(callOf(proven))).toEqual(proven);
  });

  it('makes a call with times that are given', () => {
    const { wallet, deviceId, identityKey } = identity;
    const caller = getIdentity(callOf({ wallet, deviceId, identityKey, issuedAtMs: 1_000, expiresAtMs: 2_000 }));
    expect(caller).toMatchObject({ issuedAtMs: 1_000, expiresAtMs: 2_000 });
    expect(getIdentity(callOf({ wallet, deviceId, identityKey, issuedAtMs: 5 }))?.expiresAtMs).toBe(3_600_005);
  });

  it('makes an anonymous call of undefined', () => {
    const call = callOf(undefined);
    expect(getIdentity(call)).toBeUndefined();
    expect(() => requireIdentity(call)).toThrow(expect.objectContaining({ reason: 'MISSING_CREDENTIALS' }));
  });

  it('is accepted by a typed handler of each kind, with the members that it uses', () => {
    const handlers: Pick<GrpcHandlers<typeof DemoService>, 'whoAmI' | 'chat'> = {
      whoAmI: (call, callback) => callback(null, { wallet: requireIdentity(call).wallet }),
      chat(call) {
        const { wallet } = requireIdentity(call);
        call.on('data', ({ text }: { text: string }) => call.write({ wallet, text }));
        call.on('end', () => call.end());
      },
    };
    const answers: unknown[] = [];
    handlers.whoAmI(callOf(identity, { request: {} as never }), (error, answer) => answers.push(error, answer));
    expect(answers).toEqual([null, { wallet: identity.wallet }]);
  });

  it('adds itself to a stream, so that stream handlers run too', async () => {
    const chat = (call: ServerDuplexStream<{ text: string }, { wallet: string; text: string }>) => {
      const { wallet } = requireIdentity(call);
      call.on('data', ({ text }: { text: string }) => call.write({ wallet, text }));
      call.on('end', () => call.end());
    };
    const sent: object[] = [];
    const stream = new Duplex({
      objectMode: true,
      read() {},
      write: (message, _, done) => done(void sent.push(message)),
    });
    const call = callOf(identity, stream);
    expect(call).toBe(stream);
    chat(callOf(identity, stream));
    for (const message of [{ text: 'hello' }, { text: 'bye' }, null]) stream.push(message);
    await finished(stream);
    expect(sent).toEqual(['hello', 'bye'].map((text) => ({ wallet: identity.wallet, text })));
  });

  it('has the type that the handler expects', () => {
    expectTypeOf(callOf<ServerUnaryCall<string, string>>(identity)).toExtend<ServerUnaryCall<string, string>>();
    expectTypeOf(callOf(identity, { request: 5 }).request).toEqualTypeOf<number>();
    // @ts-expect-error -- a request of another type than the handler's
    expectTypeOf(callOf<ServerUnaryCall<string, string>>(identity, { request: 5 })).toBeObject();
  });

  it.each([null, {}, 'alice', { wallet: identity.wallet }, { ...identity, issuedAtMs: '5' }, 5])(
    'refuses what is no identity: %j',
    (wrong) => {
      expect(() => callOf(wrong as never)).toThrow(new TypeError('callOf takes an identity or undefined'));
    },
  );

  it('needs no grpc-js', async () => {
    const { metafile } = await build({
      entryPoints: ['src/testing/index.ts'],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    expect(Object.keys(metafile.inputs)).toContain('src/testing/call-of.ts');
    expect(Object.keys(metafile.inputs).filter((path) => /@grpc|src\/grpc/.test(path))).toEqual([]);
  });

  it('is the only public way to write an identity: no entry exports the functions with the key', () => {
    for (const entry of ['index', 'devices/index', 'gate/index', 'grpc/index', 'client/index', 'testing/index']) {
      const names = readFileSync(new URL(`../../src/${entry}.ts`, import.meta.url), 'utf8');
      const values = names.replaceAll(/^export type .*$/gm, ''); // a type writes nothing
      expect(values).not.toMatch(/admittedContext|admission/i);
    }
  });

  it('serves handlers made with authenticated(), signal included', async () => {
    const handler = authenticated<handleUnaryCall<{ id: number }, { text: string }>>(
      async ({ identity: caller, request, signal }) => ({ text: `${caller.wallet} ${request.id} ${signal.aborted}` }),
    );
    const call = callOf<ServerUnaryCall<{ id: number }, { text: string }>>(mintIdentity(), { request: { id: 7 } });
    const answer = await new Promise((resolve) => handler(call, (error, value) => resolve(error ?? value)));
    expect(answer).toEqual({ text: `${testWallets.alice.address} 7 false` });
  });
});
