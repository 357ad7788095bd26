import { hexlify } from 'ethers';
import { describe, expect, it } from 'vitest';

import { statementText, validateStatement, xmtpStatement } from '../../src/token/statement.js';
import { hostileValues } from '../support/hostile-values.js';
import { concat, uint } from '../support/raw-proto.js';
import { planToken, statementFor } from '../support/token-workshop.js';

const { keyBytes, keyUnionField } = planToken();

describe('statementText', () => {
  it('is PROTOCOL.md section 2, letter by letter', () => {
    const text = statementText({ timestamp: 5n, bytes: keyBytes }, xmtpStatement);
    const key = hexlify(keyBytes).slice(2);
    expect(text).toBe(`XMTP : Create Identity\n08051a430a41${key}\n\nFor more info: https://xmtp.org/signatures/`);
  });

  it('quotes timestamp and key alone, in canonical order and lower case', () => {
    const timestamp = 2n ** 64n - 1n;
    const signed = { timestamp, bytes: keyBytes, signature: { kind: undefined, bytes: keyBytes, recovery: 1 } };
    expect(statementText(signed, xmtpStatement)).toBe(statementFor(concat(uint(1, timestamp), keyUnionField)));
  });

  it('puts the words of another network around the same line', () => {
    const text = statementText({ timestamp: 0n, bytes: keyBytes }, { title: 'Net\u00e9', closing: 'end' });
    expect(text).toBe(`Net\u00e9\n${hexlify(keyUnionField).slice(2)}\n\nend`);
  });
});

describe('xmtpStatement', () => {
  it('is frozen', () => {
    expect(Object.isFrozen(xmtpStatement)).toBe(true);
  });
});

describe('validateStatement', () => {
  it('returns a frozen copy', () => {
    const words = { title: 'a \u{1f511}', closing: 'b' };
    const statement = validateStatement(words);
    words.title = 'changed';
    expect(statement).toEqual({ title: 'a \u{1f511}', closing: 'b' });
    expect(Object.isFrozen(statement)).toBe(true);
  });

  const wrongLines = [undefined, null, 0, '', 'a\nb', 'a\r', '\n', 'a\ud800', '\udc00a', ['a'], { length: 1 }];

  it.each(wrongLines)('refuses %j as title or closing, by name', (line) => {
    expect(() => validateStatement({ title: line as string, closing: 'b' })).toThrow(/^statement\.title /);
    expect(() => validateStatement({ title: 'a', closing: line as string })).toThrow(/^statement\.closing /);
    expect(() => validateStatement({ title: line as string, closing: 'b' })).toThrow(TypeError);
  });

  it('refuses a title that begins as this library’s own statements do: no certificate revokes anything', () => {
    for (const title of ['grpc-wallet-auth : Revoke', 'grpc-wallet-auth :'])
      expect(() => validateStatement({ title, closing: 'b' })).toThrow(/^statement\.title must not begin with/);
    expect(validateStatement({ title: 'grpc-wallet-auth', closing: 'b' }).title).toBe('grpc-wallet-auth');
  });

  it.each(hostileValues.filter(([name]) => !name.includes('proxy')))('refuses %s', (_, value) => {
    expect(() => validateStatement(value as never)).toThrow(TypeError);
  });
});
