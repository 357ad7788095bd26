import { createToken } from 'grpc-wallet-auth/client';
import { nativeCurve } from 'grpc-wallet-auth/curves';

import { cycle, pairs } from '../pairs.js';
import { line } from '../table.js';
import { identities } from '../tokens.js';
import { gateVerifier } from '../verifiers.js';

const AUDIENCE = 'node.example:443';
const SECRET = 's'.repeat(32);

/** What an audience, an end, a challenge and a method cost, by the side of tokens without any of it, on the same node. */
export const rows = { restrictions };

async function restrictions() {
  const curve = nativeCurve();
  const options = { curve, audience: AUDIENCE, challenge: { secret: SECRET } };
  const bearer = (identity, given) => `Bearer ${createToken(identity, { curve, ...given })}`;
  const devices = await identities(64);
  const stale = bearer(devices[0], { audience: AUDIENCE, challenge: new Uint8Array(16) });
  const challenge = challengeOf(gateVerifier(options), stale);
  const restriction = { audience: AUDIENCE, validForMs: 3_000_000, challenge, methods: ['bench.v1.Bench/Call'] };
  const plain = devices.map((identity) => bearer(identity));
  const restricted = devices.map((identity) => bearer(identity, restriction));

  const verifying = (headers, given) => {
    const verifier = gateVerifier({ ...options, ...given });
    for (const value of headers) verifier.verify(value);
    return cycle(headers, (value) => verifier.verify(value));
  };
  const cached = await pairs({ plain: verifying(plain), restricted: verifying(restricted) });
  const strange = { maxCachedTokens: 1, maxCachedDevices: 1 };
  const first = await pairs({ plain: verifying(plain, strange), restricted: verifying(restricted, strange) });
  return [
    line('cached token with restrictions: more', 'cached token', more(cached), { nsAtMost: 100 }),
    line('first-seen token with restrictions: more', 'first-seen token', more(first), { nsAtMost: 1_000 }),
  ];
}

/** By how much the one takes longer. */
function more({ plain, restricted }) {
  return { ...restricted, ns: restricted.ns - plain.ns };
}

/** What the node hands out: a refusal says it. */
function challengeOf(verifier, token) {
  try {
    verifier.verify(token);
  } catch ({ info }) {
    return info.challenge;
  }
  throw new Error('a stale challenge was accepted');
}
