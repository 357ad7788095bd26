import { verifyMessage } from 'ethers';
import { describe, expect, it } from 'vitest';

import { networkNameOf, revokeText } from '../../src/token/revoke-statement.js';

/** The first account of the well-known test mnemonic of Ethereum tools; its key is in all of them. */
const wallet = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const networkName = 'notes.example';
const deviceId = `${wallet}/0123456789abcdef0123456789abcdef`;

describe('the text of a Revoke statement', () => {
  it.each([
    [
      'one device',
      { deviceId },
      'grpc-wallet-auth : Revoke\nnetwork notes.example\nwallet 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\ndevice 0123456789abcdef0123456789abcdef',
      '0xa235ae4e6d175a048d4a146d6cb3c6c76c95180381f1902ca5a60f041abcf8887f622b884ee73ddc86d11b6b6dd7cb0a508d97e2aeeba2060b371fa9832e78b91b',
    ],
    [
      'all devices',
      { untilMs: Date.UTC(2026, 0, 31, 12) },
      'grpc-wallet-auth : Revoke\nnetwork notes.example\nwallet 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\nall devices until 2026-01-31T12:00:00.000Z',
      '0xe7eacdadacbf3002c13394516fc0b769604fad97fbd7ecd5ae0ab73283b3fb9562da7da6af222e94d0aaf231eec9ceb182f91fe3ba5a731bdd4b5caad18de0d21c',
    ],
  ])('about %s is the one of the vector, and so is who signed it', (_, scope, text, signature) => {
    expect(revokeText({ networkName, wallet, scope })).toBe(text);
    expect(verifyMessage(text, signature)).toBe(wallet);
  });

  it.each([
    [1, '1970-01-01T00:00:00.001Z'],
    [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
  ])('names the time of %s ms with its milliseconds, in UTC', (untilMs, time) => {
    expect(revokeText({ networkName, wallet, scope: { untilMs } }).split('\n')[3]).toBe(`all devices until ${time}`);
  });
});

describe('the name of a network', () => {
  it.each(['a', '~', '!', 'a b', 'x'.repeat(64), 'notes.example:main/2'])('may be %j', (name) => {
    expect(networkNameOf(name)).toBe(name);
  });

  it.each([undefined, null, 1, '', ' ', ' a', 'a ', 'x'.repeat(65), 'a\nb', 'a\n', 'a\tb', 'é', 'a\u007f', ['a']])(
    'cannot be %j',
    (name) => {
      expect(() => networkNameOf(name)).toThrow(/^networkName must be 1 to 64 printable ASCII characters/);
      expect(() => networkNameOf(name)).toThrow(TypeError);
    },
  );
});
