import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { vectorFiles } from '../../scripts/vectors/make-vectors.js';
import type { Vector, VectorNode } from '../../scripts/vectors/vector.js';
import { fastestCurve } from '../../src/curves/index.js';
import { authReasons } from '../../src/errors.js';
import type { GateOptions } from '../../src/gate/options.js';
import { inspectToken } from '../../src/index.js';
import { refusalDetails } from '../../src/status-details.js';
import { referenceAccepts } from '../support/reference-node.js';
import { testGate } from '../support/test-gate.js';
import { VECTORS, readVectors, vectorFileNames, verifierOptionsOf } from '../support/vectors.js';

const files = vectorFileNames();
const all = files.flatMap(readVectors);

function gateOptions(node: VectorNode, nowMs: number): GateOptions {
  return { ...verifierOptionsOf(node, nowMs), require: node.require, curve: fastestCurve() };
}

/** What a real gate answers, in the words of a vector. */
async function answerTo(
  { authorization, nowMs, node, method }: Vector,
  options: GateOptions = {},
): Promise<Vector['expected']> {
  const { decide } = testGate({ ...gateOptions(node, nowMs), ...options });
  const decision = await decide(authorization, { method: `/${method ?? ''}` });
  if (decision.admitted) {
    const { wallet = '', deviceId = '', issuedAtMs = 0, expiresAtMs = 0 } = decision.identity ?? {};
    return { wallet, deviceId, issuedAtMs, expiresAtMs };
  }
  const { code, message, details } = decision.status;
  const { reason = '', info = {} } = refusalDetails(details) ?? {};
  const { server_time_ms: serverTime, ...others } = info;
  expect(serverTime).toBe(String(nowMs));
  return { reason, status: code, message, info: others };
}

describe.each(files)('vectors/%s', (file) => {
  it.each(readVectors(file).map((vector) => [vector.name, vector] as const))(
    '%s: a node answers as it says',
    async (_, vector) => {
      expect(await answerTo(vector)).toEqual(vector.expected);
    },
  );
});

describe('all vectors', () => {
  it('are what the script makes, but for those that were captured: npm run generate', () => {
    const made = vectorFiles();
    expect(files.toSorted()).toEqual(['captured.json', ...made.keys()].toSorted());
    for (const [name, text] of made) expect(readFileSync(new URL(name, VECTORS), 'utf8')).toBe(text);
  });

  it('are answered by a node of 2022 as they say, by @xmtp/proto and ethers', () => {
    const known = all.filter(({ xmtp }) => xmtp !== null);
    const wrong = known.filter(({ authorization, nowMs, xmtp }) => {
      return referenceAccepts(authorization[0], nowMs) !== (xmtp === 'accepted');
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(known.length).toBeGreaterThan(150);
  });

  it('have names of their own, in the group of their file', () => {
    for (const file of files) {
      for (const { name } of readVectors(file))
        expect(name.startsWith(`${file.slice(0, -'.json'.length)}/`)).toBe(true);
    }
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('cover every reason that a token can cause', () => {
    const byNodes = ['DEVICE_LIMIT', 'RATE_LIMITED', 'AUTH_UNAVAILABLE', 'INTERNAL'];
    const covered = new Set(all.flatMap(({ expected }) => ('reason' in expected ? expected.reason : [])));
    expect(authReasons.filter((reason) => !covered.has(reason))).toEqual(byNodes);
  });

  it('cover every restriction, kept and broken', () => {
    const numbers = new Map<string, Set<boolean>>();
    for (const { authorization, expected } of all) {
      const { restrictions } = inspectToken(authorization[0] ?? '').authData ?? {};
      for (const [name, value] of Object.entries(restrictions ?? {})) {
        const isSet = Array.isArray(value) ? value.length > 0 : Boolean(value);
        if (isSet) numbers.set(name, (numbers.get(name) ?? new Set()).add('wallet' in expected));
      }
    }
    const both = [...numbers].filter(([, seen]) => seen.size === 2).map(([name]) => name);
    expect(both.toSorted()).toEqual(['audience', 'challenge', 'expiresNs', 'methods', 'strict']);
    expect([...numbers.keys()]).toEqual(expect.arrayContaining(['proofRequired', 'unknownField']));
  });

  it('of a cached token are answered as the first time, where they are accepted', async () => {
    for (const vector of all.filter(({ expected }) => 'wallet' in expected)) {
      const { decide } = testGate(gateOptions(vector.node, vector.nowMs));
      const from = { method: `/${vector.method ?? ''}` };
      await decide(vector.authorization, from);
      expect((await decide(vector.authorization, from)).admitted).toBe(true);
    }
  });

  it('of 2022: the captured token is accepted ten minutes after its creation and not two hours after', async () => {
    const captured = readVectors('captured.json')[0]!;
    const createdMs = 1_660_761_120_550; // as read from the token
    const after = (minutes: number) => answerTo({ ...captured, nowMs: createdMs + minutes * 60_000 });
    expect(await after(10)).toMatchObject({ wallet: '0x2D0e614e8Dc8Adf82c70090F905e6cFC1DE84900' });
    expect(await after(120)).toMatchObject({ reason: 'TOKEN_EXPIRED' });
  });
});
