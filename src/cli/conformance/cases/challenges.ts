import type { ConformanceCase } from '../conformance-case.js';
import { challengeBytes, restricted } from '../kit.js';

/** PROTOCOL.md section 13. */
export const challengeCases: readonly ConformanceCase[] = [
  {
    name: 'challenges/current',
    note: 'the challenge that the node hands out now',
    make: (kit) => restricted(kit, { audience: [kit.audience ?? ''], challenge: challengeBytes(kit.challenge ?? '') }),
    expected: 'accepted',
    needs: 'challenge',
  },
  {
    name: 'challenges/unknown',
    note: 'a challenge that the node never handed out',
    make: (kit) => restricted(kit, { audience: [kit.audience ?? ''], challenge: new Uint8Array(16).fill(0xee) }),
    expected: 'CHALLENGE_REQUIRED',
    xmtp: 'accepted',
    needs: 'challenge',
  },
  {
    name: 'challenges/without-audience',
    note: 'the challenge of the node in a token for any node',
    make: (kit) =>
      restricted(
        { ...kit, demanded: { audience: false, challenge: false } },
        { challenge: challengeBytes(kit.challenge ?? '') },
      ),
    expected: 'WRONG_AUDIENCE',
    xmtp: 'accepted',
    needs: 'challenge',
  },
];
