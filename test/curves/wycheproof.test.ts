import { describe, expect, it } from 'vitest';

import { nativeCurve, wasmCurve } from '../../src/curves/index.js';
import { haveWycheproof, loadWycheproof, wycheproofNote } from '../support/wycheproof.js';

describe.each([wasmCurve(), nativeCurve()])('the $name curve', (curve) => {
  it.skipIf(!haveWycheproof)(`verifies Wycheproof's valid low-S signatures and no others${wycheproofNote}`, () => {
    const cases = loadWycheproof();
    const differing = cases.filter(
      ({ signature, digest, publicKey, accepted }) => curve.verify(signature, digest, publicKey) !== accepted,
    );
    expect(differing).toEqual([]);
    expect(cases.filter(({ accepted }) => accepted).length).toBeGreaterThan(50);
    expect(cases.filter(({ valid, highS }) => valid && highS).length).toBeGreaterThan(50);
  });

  it.skipIf(!haveWycheproof)(
    `recovers the key of each valid signature, of either S, by one id${wycheproofNote}`,
    () => {
      const without = loadWycheproof().filter(({ valid, signature, digest, publicKey }) => {
        const keys = [0, 1, 2, 3].map((id) => String(curve.recover(signature, id, digest)));
        return valid && !keys.includes(String(publicKey));
      });
      expect(without).toEqual([]);
    },
  );
});
