import { conformanceCases } from '../../src/cli/conformance/cases.js';
import { groupOf, outcomes, type ConformanceCase } from '../../src/cli/conformance/conformance-case.js';
import type { Kit } from '../../src/cli/conformance/kit.js';
import { addressOf, deviceIdOf } from '../../src/crypto/address.js';
import { nobleCurve } from '../../src/crypto/noble-curve.js';
import { AuthError, type AuthReason } from '../../src/errors.js';
import { decodeAuthData, decodeToken } from '../../src/token/decode-token.js';
import { AUDIENCE, METHOD, NAMED, challengeAt, kit } from './node.js';
import { credentialRecipes } from './recipes-credentials.js';
import { audienceRecipes, challengeRecipes } from './recipes-node.js';
import { orderRecipes } from './recipes-order.js';
import { statementRecipes } from './recipes-statements.js';
import { timeRecipes } from './recipes-times.js';
import type { ExpectedIdentity, ExpectedRefusal, Recipe, Vector, VectorNode } from './vector.js';

/** All vectors that are made: those of `wallet-auth conformance`, at a fixed time with public keys, and more. */
export function makeVectors(): Vector[] {
  return [
    ...conformanceCases.map(recipeOf),
    ...credentialRecipes,
    ...timeRecipes,
    ...audienceRecipes,
    ...challengeRecipes,
    ...statementRecipes,
    ...orderRecipes,
  ].map(vectorOf);
}

/** The text of each file of `vectors/` that is made, by its name. */
export function vectorFiles(): Map<string, string> {
  const groups = new Map<string, Vector[]>();
  for (const vector of makeVectors()) {
    const group = `${groupOf(vector.name)}.json`;
    groups.set(group, [...(groups.get(group) ?? []), vector]);
  }
  return new Map(Array.from(groups, ([name, vectors]) => [name, `${JSON.stringify(vectors, undefined, 2)}\n`]));
}

const NODES = { none: {}, audience: { audience: [AUDIENCE] }, challenge: NAMED } as const;

function recipeOf({ name, note, make, expected, xmtp, needs, endMs }: ConformanceCase): Recipe {
  const [usual = 'accepted'] = outcomes(expected);
  const old = xmtp === undefined || xmtp === 'unknown' ? xmtp : outcomes(xmtp)[0];
  return {
    name,
    note,
    node: NODES[needs ?? 'none'],
    make,
    expected: usual,
    ...(old !== undefined && { xmtp: old === 'accepted' || old === 'unknown' ? old : 'refused' }),
    ...(endMs !== undefined && { endMs }),
  };
}

function vectorOf(recipe: Recipe): Vector {
  const { name, note, node = {}, method = METHOD, expected, xmtp } = recipe;
  const made = recipe.make(kit) ?? [];
  const authorization = typeof made === 'string' ? [made] : made;
  const old = xmtp ?? (expected === 'accepted' ? 'accepted' : 'refused');
  return {
    name,
    note,
    authorization,
    nowMs: kit.nowMs,
    node,
    method,
    expected:
      expected === 'accepted'
        ? identityOf(authorization[0] ?? '', node, recipe.endMs)
        : refusalOf(expected, node, recipe.info),
    xmtp: old === 'unknown' ? null : old,
  };
}

function identityOf(
  authorization: string,
  node: VectorNode,
  endMs: ((of: Kit) => number) | undefined,
): ExpectedIdentity {
  const { authDataBytes } = decodeToken(authorization.replace(/^bearer +/i, ''));
  const issuedAtMs = Number(decodeAuthData(authDataBytes).createdNs / 1_000_000n);
  const wallet = addressOf(nobleCurve.publicKey(kit.wallet));
  return {
    wallet,
    deviceId: deviceIdOf(wallet, nobleCurve.publicKey(kit.device)),
    issuedAtMs,
    expiresAtMs: Math.min(issuedAtMs + (node.maxAgeMs ?? kit.maxAgeMs), endMs?.(kit) ?? Infinity),
  };
}

function refusalOf(reason: AuthReason, node: VectorNode, info?: ExpectedRefusal['info']): ExpectedRefusal {
  const { code, message } = new AuthError(reason);
  return { reason, status: code, message, info: info ?? usualInfo(reason, node) };
}

/** PROTOCOL.md section 5. */
function usualInfo(reason: AuthReason, { maxAgeMs, maxFutureSkewMs, challenge }: VectorNode): ExpectedRefusal['info'] {
  if (reason === 'TOKEN_EXPIRED') return { max_age_ms: String(maxAgeMs ?? kit.maxAgeMs) };
  if (reason === 'TOKEN_FROM_FUTURE') return { max_future_skew_ms: String(maxFutureSkewMs ?? kit.maxFutureSkewMs) };
  if (reason !== 'CHALLENGE_REQUIRED') return {};
  return { challenge: challengeAt(kit.nowMs, challenge?.secrets[0], challenge?.slotMs) };
}
