import { isDeepStrictEqual } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bytes as nodeBytes } from '../../src/bytes/node-bytes.js';
import { bytes as portableBytes } from '../../src/bytes/portable-bytes.js';
import { createIdentity, createToken } from '../../src/client/index.js';
import { nativeCurve } from '../../src/curves/index.js';
import { AuthError } from '../../src/index.js';
import { testWallets } from '../../src/testing/index.js';
import { decodeAuthData, decodeTokenBytes } from '../../src/token/decode-token.js';
import { quickReader } from '../../src/token/quick-reader.js';
import { statementText, xmtpStatement } from '../../src/token/statement.js';
import { generalReader } from '../../src/token/token-reader.js';
import { usualAuthData, usualToken } from '../../src/token/usual-layout.js';
import { faultFamilies } from '../hostile/faults.js';
import { tokenMaker } from '../hostile/good-tokens.js';
import { encode } from '../hostile/wire-model.js';
import { bytes as field, concat, text as textField, uint } from '../support/raw-proto.js';
import { flipBit, planToken } from '../support/token-workshop.js';

const curve = nativeCurve();
const maker = tokenMaker((privateKey, digest) => curve.sign(digest, privateKey));
/** The bytes of a token, as an array of their own. */
const decoded = (header: unknown) => Uint8Array.from(Buffer.from(String(header).replace('Bearer ', ''), 'base64'));

/** What is in fields, whatever kind of array the bytes are in. */
function plain(fields: unknown): unknown {
  if (fields instanceof Uint8Array) return `0x${toHex(fields)}`;
  if (typeof fields !== 'object' || fields === null) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}
const toHex = (value: Uint8Array) => portableBytes.toHex(value);

function generally(message: Uint8Array): unknown {
  try {
    return decodeTokenBytes(message);
  } catch (error) {
    if (error instanceof AuthError) return error.reason;
    throw error;
  }
}

describe('usualToken', () => {
  it('reads the tokens that clients make, of both kinds of certificate and all kinds of times', () => {
    for (const { message } of maker.pool) {
      const bytes = encode(message);
      expect(usualToken(bytes)).toEqual(decodeTokenBytes(bytes));
    }
  });

  it('reads the tokens of this library’s client', async () => {
    const identity = await createIdentity(testWallets.alice);
    const bytes = decoded(createToken(identity));
    expect(usualToken(bytes)).toEqual(decodeTokenBytes(bytes));
  });

  it.each([0n, 1n, 127n, 128n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n + 1n, 2n ** 56n - 1n, 2n ** 56n, 2n ** 63n - 1n])(
    'reads the time %d',
    (keyTimestamp) => {
      const { token } = planToken({ keyTimestamp });
      expect(usualToken(token)?.identityKey?.timestamp).toBe(keyTimestamp);
    },
  );

  it('leaves a time of ten bytes to the general reader', () => {
    expect(usualToken(planToken({ keyTimestamp: 2n ** 63n }).token)).toBeUndefined();
  });

  it('reads what the general reader reads or nothing, wherever a token is cut', () => {
    const { token } = planToken();
    for (let length = 0; length < token.length; length++) expect(usualToken(token.subarray(0, length))).toBeUndefined();
    expect(usualToken(concat(token, Uint8Array.of(0)))).toBeUndefined();
  });

  it('reads what the general reader reads or nothing, whichever bit is flipped', () => {
    const { token } = planToken();
    let read = 0;
    for (let bit = 0; bit < token.length * 8; bit++) {
      const changed = flipBit(token, bit);
      const fields = usualToken(changed);
      if (fields === undefined) continue;
      read++;
      expect([bit, isDeepStrictEqual(fields, generally(changed))]).toEqual([bit, true]);
    }
    expect(read).toBeGreaterThan(1_500);
  });

  it('reads what the general reader reads or nothing, whatever is wrong with a token', { timeout: 30_000 }, () => {
    let read = 0;
    for (const family of Object.values(faultFamilies(maker))) {
      for (const { authorization } of fc.sample(family, { numRuns: 40 })) {
        const message = decoded(authorization);
        const fields = usualToken(message);
        if (fields === undefined) continue;
        read++;
        expect([authorization, isDeepStrictEqual(fields, generally(message))]).toEqual([authorization, true]);
      }
    }
    expect(read).toBeGreaterThan(500);
  });
});

describe('usualAuthData', () => {
  it('reads restrictions as the general reader does or nothing, whichever bit is flipped and wherever they are cut', () => {
    const { toLatin1 } = portableBytes;
    const content = concat(
      textField(1, 'node.example:443'),
      textField(1, 'other'),
      uint(2, 2n ** 62n),
      field(3, new Uint8Array(16).fill(3)),
      textField(4, 'a.S/M'),
      uint(6, 1),
    );
    const authData = concat(planToken().authData, field(1600, content));
    expect(usualAuthData(authData, toLatin1)).toEqual(decodeAuthData(authData));
    expect(usualAuthData(authData, toLatin1)?.restrictions?.strict).toBe(true);
    let read = 0;
    for (let bit = 0; bit < authData.length * 8; bit++) {
      const changed = flipBit(authData, bit);
      const fields = usualAuthData(changed, toLatin1);
      if (fields === undefined) continue;
      read++;
      expect(fields).toEqual(decodeAuthData(changed));
    }
    expect(read).toBeGreaterThan(600);
    for (let length = planToken().authData.length + 1; length < authData.length; length++)
      expect(usualAuthData(authData.subarray(0, length), toLatin1)).toBeUndefined();
  });

  it('reads what the general reader reads or nothing, whichever bit is flipped and wherever it is cut', () => {
    const { authData } = planToken();
    const { toLatin1 } = portableBytes;
    expect(usualAuthData(authData, toLatin1)).toEqual(decodeAuthData(authData));
    let read = 0;
    for (let bit = 0; bit < authData.length * 8; bit++) {
      const changed = flipBit(authData, bit);
      const fields = usualAuthData(changed, toLatin1);
      if (fields === undefined) continue;
      read++;
      expect(fields).toEqual(decodeAuthData(changed));
    }
    expect(read).toBeGreaterThan(300);
    for (let length = 0; length < authData.length; length++)
      expect(usualAuthData(authData.subarray(0, length), toLatin1)).toBeUndefined();
    expect(usualAuthData(concat(authData, Uint8Array.of(0x18, 0)), toLatin1)).toBeUndefined();
  });
});

describe.each([
  ['Node’s bytes', nodeBytes],
  ['portable bytes', portableBytes],
])('the quick reader with %s', (_, bytes) => {
  const reader = quickReader(bytes);
  const key = planToken().keyBytes;

  it.each([0n, 1n, 127n, 128n, 1_700_000_000_123n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n])(
    'quotes the time %d in the statement as the general reader does',
    (timestamp) => {
      const text = reader.statementText({ timestamp, bytes: key }, xmtpStatement);
      expect(text).toBe(generalReader.statementText({ timestamp, bytes: key }, xmtpStatement));
      expect(text).toBe(statementText({ timestamp, bytes: key }, xmtpStatement));
    },
  );

  it.each([undefined, new Uint8Array(), new Uint8Array(64), new Uint8Array(66)])(
    'quotes a key of another length as the general reader does: %j',
    (odd) => {
      const text = reader.statementText({ timestamp: 5n, bytes: odd }, xmtpStatement);
      expect(text).toBe(statementText({ timestamp: 5n, bytes: odd }, xmtpStatement));
    },
  );

  it('reads tokens and auth data in every other layout as the general reader does', () => {
    const { token, authData } = planToken();
    const odd = concat(uint(9, 1n), token, uint(9, 1n));
    const text = Buffer.from(odd).toString('base64');
    expect(plain(reader.token(text))).toEqual(plain(generalReader.token(text)));
    const oddData = concat(uint(9, 1n), authData);
    expect(reader.authData(oddData)).toEqual(generalReader.authData(oddData));
  });

  it.each(['', '!', 'AAAA', 'A'.repeat(372)])('refuses %j as the general reader does', (text) => {
    const outcomeOf = (read: () => unknown) => {
      try {
        return read();
      } catch (error) {
        return [(error as AuthError).reason, String((error as AuthError).cause)];
      }
    };
    expect(outcomeOf(() => reader.token(text))).toEqual(outcomeOf(() => generalReader.token(text)));
  });
});
