import { nativeCurve } from 'grpc-wallet-auth/curves';
import { mintToken } from 'grpc-wallet-auth/testing';

import { AuthError } from '../../build/src/index.js';
import { cycle, pairs } from '../pairs.js';
import { line } from '../table.js';
import { curveWork, wallet } from '../tokens.js';
import { gateVerifier } from '../verifiers.js';

const curve = nativeCurve();
const WALLETS = Array.from({ length: 32 }, (_, i) => wallet(i));

/** The time of a refusal, exception included, compared with accepting a device that is seen for the first time. */
export const rows = {
  async refusals() {
    const verifier = gateVerifier({ curve, maxCachedTokens: 1, maxCachedDevices: 1 });
    const good = minted();
    const cases = {
      good: cycle(good, (value) => verifier.verify(value)),
      'no token': refused(verifier, [undefined], 'MISSING_CREDENTIALS'),
      'junk of 368 characters': refused(verifier, [`Bearer ${'junk'.repeat(92)}`], 'MALFORMED_TOKEN'),
      'oversized, 64 kB': refused(verifier, [`Bearer ${'A'.repeat(65_536)}`], 'TOKEN_TOO_LARGE'),
      expired: refused(verifier, minted('TOKEN_EXPIRED'), 'TOKEN_EXPIRED'),
      'forged signature': refused(verifier, minted('INVALID_AUTH_DATA_SIGNATURE'), 'INVALID_AUTH_DATA_SIGNATURE'),
      'forged wallet': refused(verifier, minted('WALLET_MISMATCH'), 'WALLET_MISMATCH'),
    };
    const [, ...names] = Object.keys(cases);
    const beforeTheCurve = new Set(names.slice(0, 4));
    const timed = await pairs(cases);
    const reach = (name) => (beforeTheCurve.has(name) ? { nsAtMost: name === 'expired' ? 6_000 : 5_000 } : {});

    const forged = await pairs({
      verify: cycle(good.map(curveWork), ({ verify }) => verify(curve)),
      forgedSignature: cases['forged signature'],
    });
    return [
      ...names.map((name) => line(`refused: ${name}`, 'a good first-seen token', timed[name], reach(name))),
      line('refused: forged signature', '1 verify', forged.forgedSignature, { ratioAtMost: 1.16 }),
    ];
  },
};

function minted(refusedFor) {
  return WALLETS.map(
    ({ address, privateKey }) => `Bearer ${mintToken({ wallet: { address, privateKey }, refusedFor })}`,
  );
}

/** Refuses values in turns; checks first that each is refused for the intended reason. */
function refused(verifier, values, reason) {
  for (const value of values) {
    const got = reasonOf(verifier, value);
    if (got !== reason) throw new Error(`refused for ${got}, not ${reason}`);
  }
  return cycle(values, (value) => reasonOf(verifier, value));
}

function reasonOf(verifier, value) {
  try {
    verifier.verify(value);
  } catch (error) {
    if (error instanceof AuthError) return error.reason;
    throw error;
  }
  throw new Error('was not refused');
}
