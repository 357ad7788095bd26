import { createVerifier, nobleCurve } from 'grpc-wallet-auth';
import { nativeCurve, wasmCurve } from 'grpc-wallet-auth/curves';

import { cycle, pairs } from '../pairs.js';
import { line } from '../table.js';
import { curveWork, header, identities } from '../tokens.js';

/** Each path through the verifier, compared with the curve operations that it cannot avoid. */
export const rows = {
  native: () => verification(nativeCurve(), { known: 1.25, firstSeen: 1.3 }),
  wasm: () => verification(wasmCurve(), { known: 1.1, firstSeen: 1.1 }),
  noble: () => verification(nobleCurve, { known: 1.1, firstSeen: 1.1 }, { rounds: 31, batchMs: 25 }),
};

async function verification(curve, reach, pace) {
  const headers = (await identities(64)).map((identity) => header(identity));
  const work = headers.map(curveWork);
  const [cached, known, firstSeen] = [{}, forgetful, { ...forgetful, maxCachedDevices: 1 }].map((options) => {
    const verifier = createVerifier({ curve, ...options });
    for (const value of headers) verifier.verify(value);
    return verifier;
  });

  const one = await pairs(
    {
      verify: cycle(work, ({ verify }) => verify(curve)),
      cached: cycle(headers, (value) => cached.verify(value)),
      known: cycle(headers, (value) => known.verify(value)),
    },
    pace,
  );
  const both = await pairs(
    {
      both: cycle(work, ({ verify, recover }) => verify(curve) && recover(curve)),
      firstSeen: cycle(headers, (value) => firstSeen.verify(value)),
    },
    pace,
  );
  const isNative = curve.name === 'native';
  return [
    line('cached token', '1 verify', one.cached, isNative ? { ratioAtMost: 0.02 } : undefined),
    line('cached token', '1 verify', one.cached, { nsAtMost: 2_000 }),
    line('known device, new token', '1 verify', one.known, { ratioAtMost: reach.known }),
    line('first-seen device', '1 verify + 1 recover', both.firstSeen, { ratioAtMost: reach.firstSeen }),
  ];
}

/** With room for one token, a verifier that is shown many in turns has always just forgotten the one it is shown. */
const forgetful = { maxCachedTokens: 1 };
