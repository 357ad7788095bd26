import { createVerifier, nobleCurve } from 'grpc-wallet-auth';
import { nativeCurve, wasmCurve } from 'grpc-wallet-auth/curves';

import { cycle, pairs } from '../pairs.js';
import { line } from '../table.js';
import { curveWork, header, identities } from '../tokens.js';
import { gateVerifier } from '../verifiers.js';

/** Each path through the verifier of a gate, compared with the curve operations that it cannot avoid. */
export const rows = {
  native: () => verification(nativeCurve(), { known: 1.14, firstSeen: 1.13 }),
  wasm: () => verification(wasmCurve(), { known: 1.1, firstSeen: 1.06 }),
  noble: () => verification(nobleCurve, { known: 1.05, firstSeen: 1.05 }, { rounds: 31, batchMs: 25 }),
};

async function verification(curve, reach, pace) {
  const headers = (await identities(64)).map((identity) => header(identity));
  const work = headers.map(curveWork);
  const verifying = (create, options) => {
    const verifier = create({ curve, ...options });
    for (const value of headers) verifier.verify(value);
    return cycle(headers, (value) => verifier.verify(value));
  };

  const verifyOf = () => ({ verify: cycle(work, ({ verify }) => verify(curve)) });
  const bothOf = () => ({ both: cycle(work, ({ verify, recover }) => verify(curve) && recover(curve)) });

  const one = await pairs(
    {
      ...verifyOf(),
      cached: verifying(gateVerifier),
      known: verifying(gateVerifier, FORGETFUL),
    },
    pace,
  );
  const both = await pairs({ ...bothOf(), firstSeen: verifying(gateVerifier, STRANGE) }, pace);
  // afterwards: code that V8 saw work in two ways is slower in both
  const portableOne = await pairs({ ...verifyOf(), known: verifying(createVerifier, FORGETFUL) }, pace);
  const portableBoth = await pairs({ ...bothOf(), firstSeen: verifying(createVerifier, STRANGE) }, pace);
  const isNative = curve.name === 'native';
  const { ratio, low, high } = both.firstSeen;
  const share = { ns: both.firstSeen.ns, ratio: 1 / ratio, low: 1 / high, high: 1 / low };
  return [
    line('cached token', '1 verify', one.cached, isNative ? { ratioAtMost: 0.012 } : undefined),
    line('known device, new token', '1 verify', one.known, { ratioAtMost: reach.known }),
    line('known device, new token, by createVerifier', '1 verify', portableOne.known),
    line('first-seen device', '1 verify + 1 recover', both.firstSeen, { ratioAtMost: reach.firstSeen }),
    line('first-seen device, by createVerifier', '1 verify + 1 recover', portableBoth.firstSeen),
    ...(isNative ? [line('first-seen devices a second', 'what the curve can', share, { ratioAtLeast: 0.87 })] : []),
  ];
}

/** With room for one token, a verifier that is shown many in turns has always just forgotten the one it is shown. */
const FORGETFUL = { maxCachedTokens: 1 };
/** And so with devices. */
const STRANGE = { ...FORGETFUL, maxCachedDevices: 1 };
