import { describe, expect, it } from 'vitest';

import { conformanceCases } from '../../../src/cli/conformance/cases.js';
import { outcomes } from '../../../src/cli/conformance/conformance-case.js';
import { expectedOf } from '../../../src/cli/conformance/judge.js';
import type { Kit } from '../../../src/cli/conformance/kit.js';
import { createChallenges } from '../../../src/verify/challenge.js';
import { referenceAccepts } from '../../support/reference-node.js';
import { testGate } from '../../support/test-gate.js';

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const SECRET = 'a secret of thirty-two characters';
const AUDIENCE = 'node.example:443';
const now = () => new Date(NOW_MS);
const key = (byte: number) => new Uint8Array(32).fill(byte);

const kit: Kit = {
  nowMs: NOW_MS,
  certifiedMs: NOW_MS - 3_600_000,
  method: 'notes.v1.NotesService/List',
  wallet: key(0x11),
  device: key(0x44),
  otherWallet: key(0x22),
  otherDevice: key(0x55),
  audience: AUDIENCE,
  challenge: createChallenges({ secret: SECRET }).current(NOW_MS),
  demanded: { audience: false, challenge: false },
  maxAgeMs: 3_600_000,
  maxFutureSkewMs: 60_000,
};

const challenge = { secret: SECRET };
const NODES = [
  ['a node with a name and challenges', {}, { audience: false, challenge: false }],
  ['one that demands an audience', { require: { audience: true } }, { audience: true, challenge: false }],
  ['one that demands a challenge', { require: { challenge: true } }, { audience: true, challenge: true }],
] as const;

describe.each(NODES)('%s answers as is expected', (_, options, demanded) => {
  const { reasonOf } = testGate({ audience: AUDIENCE, challenge, now, ...options });

  it.each(conformanceCases.map((each) => [each.name, each] as const))('%s', (_name, { make, expected }) => {
    const answer = reasonOf(make({ ...kit, demanded }), { method: `/${kit.method}` });
    expect(answer === 'admitted' ? 'accepted' : answer).toBe(outcomes(expected)[0]);
  });
});

it('their names are unique and in groups', () => {
  const names = conformanceCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+\/[a-z0-9-]+$/);
});

describe('a node of 2022, by @xmtp/proto and ethers, answers as the profile xmtp expects', () => {
  const known = conformanceCases.filter((each) => expectedOf(each, 'xmtp') !== undefined);

  it.each(known.map((each) => [each.name, each] as const))('%s', (_name, tried) => {
    const accepts = referenceAccepts(tried.make(kit), NOW_MS);
    const right = expectedOf(tried, 'xmtp') ?? [];
    expect(right.some((each) => (each === 'accepted') === accepts)).toBe(true);
  });
});
