import { inspect } from 'node:util';

import { Metadata } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DemoService } from '../gen/walletauth/demo/v1/demo_pb.js';
import { createIdentity } from '../src/client/create-identity.js';
import { createTokenSource } from '../src/client/create-token-source.js';
import { createToken } from '../src/client/create-token.js';
import { secretsOf, type DeviceIdentity } from '../src/client/device-identity.js';
import { exportIdentity, importIdentity } from '../src/client/import-identity.js';
import { fastestCurve } from '../src/curves/fastest-curve.js';
import { createGate } from '../src/gate/create-gate.js';
import type { DecisionEvent } from '../src/gate/decision.js';
import { attachToken } from '../src/grpc/client/attach-token.js';
import { walletAuth } from '../src/grpc/server/wallet-auth.js';
import { AuthError, createVerifier, decodeToken, type AuthorizationValue } from '../src/index.js';
import { mintIdentity } from '../src/testing/mint-identity.js';
import { testWallets } from '../src/testing/test-wallets.js';
import { faultFamilies } from './hostile/faults.js';
import { signWithEthers, tokenMaker } from './hostile/good-tokens.js';
import { mutated } from './support/arbitraries.js';
import { authorization, callKinds } from './support/demo-server.js';
import { incomingCall } from './support/incoming-call.js';
import { startNode } from './support/start-node.js';
import { thrownBy } from './support/thrown-by.js';
import { NOW_MS } from './support/token-workshop.js';

const curve = fastestCurve();
const METHOD = `/${DemoService.typeName}/WhoAmI`;

/** Everything that printing an object, or throwing it at a logger, can show. */
function shown(value: unknown): string {
  const printed = inspect(value, {
    depth: Infinity,
    showHidden: true,
    maxArrayLength: null,
    maxStringLength: null,
  });
  const json = JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) ?? '';
  return `${printed}\n${json}\n${String(value)}`.replaceAll(/\s+/g, ' ');
}

/** Ways in which secret bytes would look; any eight in a row are too many. */
function spellings(secret: Uint8Array): string[] {
  return [0, 1, 2, 8, secret.length - 12].flatMap((start) => {
    const part = secret.subarray(start, start + 12);
    const hex = Buffer.from(part).toString('hex');
    return [
      hex,
      hex.toUpperCase(),
      Buffer.from(part).toString('base64'),
      part.subarray(0, 8).join(', '),
      part.subarray(0, 8).join(','),
    ];
  });
}

/** Every part of a text that is long enough to be of use, at steps. */
function pieces(text: string): string[] {
  return Array.from({ length: Math.max(0, Math.floor((text.length - 24) / 8)) }, (_, i) =>
    text.slice(8 * i, 8 * i + 24),
  );
}

function expectNone(value: unknown, secrets: readonly string[]): void {
  const text = shown(value);
  for (const secret of secrets)
    if (text.includes(secret)) throw new Error(`a secret of ${secret.length} characters is shown`);
}

/** What must not be seen of an identity and a token of it. */
function secretsIn(identity: DeviceIdentity, token: string): string[] {
  const { authDataSignature, identityKey } = decodeToken(token);
  return [
    ...spellings(secretsOf(identity).privateKey),
    ...spellings(authDataSignature!.bytes),
    ...spellings(identityKey!.signature!.bytes),
    ...pieces(token),
  ];
}

describe('how secrets are looked for', () => {
  it('finds each of them where it is shown', () => {
    const identity = mintIdentity();
    const token = createToken(identity);
    const { privateKey, key } = secretsOf(identity);
    const { authDataSignature } = decodeToken(token);
    for (const leak of [
      privateKey,
      Buffer.from(privateKey).toString('hex'),
      key,
      authDataSignature,
      token,
      { a: [token] },
      new Error('x', { cause: { token } }),
    ]) {
      expect(() => expectNone(leak, secretsIn(identity, token))).toThrow('is shown');
    }
  });
});

describe('our objects show no token, no signature and no private key', () => {
  it('identities, made and imported, and token sources', async () => {
    const identity = await createIdentity(testWallets.alice);
    const source = createTokenSource(identity);
    const token = await source.get();
    const secrets = secretsIn(identity, token);
    for (const object of [identity, importIdentity(exportIdentity(identity)), source, attachToken(source)]) {
      expectNone(object, secrets);
    }
  });

  it('verifiers, gates and interceptors that cache tokens, and identities that they give', () => {
    const identity = mintIdentity();
    const token = createToken(identity);
    const secrets = secretsIn(identity, token);
    const verifier = createVerifier({ curve });
    const gate = createGate<undefined>({ curve });
    const decision = gate.decide(incomingCall({ method: METHOD }), `Bearer ${token}`);
    for (const object of [verifier.verify(`Bearer ${token}`), verifier, decision, gate, walletAuth({ curve })]) {
      expectNone(object, secrets);
    }
  });

  it('decisions and the facts that hooks are given, of callers who are admitted and who are not', async () => {
    const identity = mintIdentity();
    const seen: unknown[] = [];
    const server = await startNode({
      now: undefined,
      curve,
      onDecision: (event) => seen.push(event),
      authorize: (caller, call) => (seen.push(caller, call), false),
    });
    const token = createToken(identity);
    const client = server.client([attachToken({ ...createTokenSource(identity), get: async () => token })]);
    const { error } = await callKinds.unary(client);
    await callKinds.unary(server.client(), authorization(`Bearer ${token.slice(0, -8)}`));
    expect(seen).toHaveLength(4);
    expectNone([error, ...seen], secretsIn(identity, token));
  });
});

describe('errors and events tell nothing of what was sent, their causes included', () => {
  const families = Object.entries(faultFamilies(tokenMaker(signWithEthers)));

  it.each(families)('%s', (_, family) => {
    const events: DecisionEvent[] = [];
    const options = { now: () => new Date(NOW_MS), curve };
    const verifier = createVerifier(options);
    const gate = createGate<undefined>({ ...options, onDecision: (event) => events.push(event) });
    fc.assert(
      fc.property(family, ({ authorization: value }) => {
        const secrets = pieces(String(Array.isArray(value) ? value[0] : value).replace(/^bearer */i, ''));
        expectNone(
          [
            thrownBy(() => verifier.verify(value as AuthorizationValue)),
            gate.decide(incomingCall({ method: METHOD }), value as AuthorizationValue),
            events.pop(),
          ],
          secrets,
        );
      }),
      { numRuns: 10 },
    );
  });

  it('whatever an exported identity was damaged to', () => {
    const identity = mintIdentity();
    const bytes = exportIdentity(identity);
    const secrets = spellings(secretsOf(identity).privateKey).filter((each) => each.length > 20);
    fc.assert(
      fc.property(mutated(bytes), (damaged) => {
        expectNone(
          thrownBy(() => importIdentity(damaged, { curve })),
          secrets,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('a wallet that signs something else', async () => {
    const wallet = { address: testWallets.alice.address, signMessage: testWallets.bob.signMessage };
    let signature = '';
    const spied = {
      ...wallet,
      signMessage: async (text: string | { message: string }) => (signature = await wallet.signMessage(text)),
    };
    const error = await createIdentity(spied).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthError);
    expectNone(error, pieces(signature));
  });

  it('metadata that a client cannot send', async () => {
    const server = await startNode({ now: undefined, curve });
    const token = createToken(mintIdentity());
    const source = { ...createTokenSource(mintIdentity()), get: async () => `${token}\n` };
    const { error } = await callKinds.unary(server.client([attachToken(source)]), new Metadata());
    expectNone(error, pieces(token));
  });
});
