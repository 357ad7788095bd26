import { getBytes } from 'ethers';
import { nativeCurve } from 'grpc-wallet-auth/curves';

import { memoryInUse } from '../memory-in-use.js';
import { pairs } from '../pairs.js';
import { line } from '../table.js';
import { fields, header, identities, wallet } from '../tokens.js';
import { gateVerifier } from '../verifiers.js';

const SIZES = [1_000, 100_000, 1_000_000];
/** Nanoseconds of a look-up: with more tokens it is the memory that takes the time. */
const REACH_NS = { 1_000: 400, 1_000_000: 2_700 };
const REACH_BYTES = 750;
const TEXT_BYTES = 372;
const PRIME = 7_919; // steps of this size reach every place, and no two neighbours in a row

/** Time and memory of a cached token while the cache grows. */
export const rows = {
  async growth() {
    const { numberedHeader, curve } = await endlessDevices();
    const filled = SIZES.map((size) => {
      const before = memoryInUse();
      const verifier = gateVerifier({ curve, maxCachedTokens: size, maxCachedDevices: 0 });
      const surplus = size / 10;
      for (let i = 0; i < size + surplus; i++) verifier.verify(numberedHeader(i));
      if (verifier.cachedTokens !== size) throw new Error(`${verifier.cachedTokens} tokens in room for ${size}`);
      return { size, surplus, verifier, bytes: memoryInUse() - before };
    });

    // As in a server, every header is a new string; the time to make it is measured too, and subtracted.
    let turn = 0;
    const { making, ...lookUps } = await pairs({
      making: () => numberedHeader((turn++ * PRIME) % SIZES[0]),
      ...Object.fromEntries(
        filled.map(({ size, surplus, verifier }) => [
          size,
          () => verifier.verify(numberedHeader(surplus + ((turn++ * PRIME) % size))),
        ]),
      ),
    });
    const ns = (size) => lookUps[size].ns - making.ns;
    const times = SIZES.map((size) => {
      const figures = { ns: ns(size), ratio: ns(size) / ns(SIZES[0]) };
      const reach = REACH_NS[size] === undefined ? {} : { nsAtMost: REACH_NS[size] };
      return line(`look-up among ${size} tokens`, `${SIZES[0]} tokens`, figures, reach);
    });
    const sizes = filled.slice(1).map(({ size, bytes }) => {
      const amount = bytes / size;
      const figures = { ratio: amount / TEXT_BYTES, amount, unit: 'bytes' };
      return line(`memory of each of ${size} tokens`, 'its text', figures, { amountAtMost: REACH_BYTES });
    });
    return [...times, ...sizes];
  },
};

/**
 * Any number of tokens, each of another device. A million real signatures would take minutes, so only the curve is
 * replaced: a token is a real one with numbers written into its keys and signatures, and the curve accepts all of them.
 * Everything else, and all that is cached, is as always.
 */
async function endlessDevices() {
  const [identity] = await identities(1);
  const model = header(identity);
  const { identityKey, authDataSignature } = fields(model);
  const bytes = Buffer.from(model.slice('Bearer '.length), 'base64');
  const starts = [identityKey.bytes.subarray(1), identityKey.signature.bytes, authDataSignature.bytes];
  const ends = [authDataSignature.bytes.subarray(60)]; // the end of a signature differs too, and tokens are found by theirs
  const places = [...starts, ...ends].map((part) => bytes.indexOf(part));
  const walletKey = getBytes(wallet(0).signingKey.publicKey);
  return {
    curve: { ...nativeCurve(), verify: () => true, recover: () => walletKey },
    numberedHeader(count) {
      for (const place of places) bytes.writeUInt32BE(count, place);
      return `Bearer ${bytes.toString('base64')}`;
    },
  };
}
