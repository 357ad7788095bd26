import { isIPv4 } from 'node:net';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isLoopbackTarget } from '../../src/client/loopback.js';

describe('isLoopbackTarget', () => {
  it('is false for unix-abstract: a name without permissions, which any process of the machine can take', () => {
    for (const target of ['unix-abstract:node', 'unix-abstract:/tmp/node.sock'])
      expect(isLoopbackTarget(target)).toBe(false);
  });

  it.each(['127.0.0.1', '127.255.255.255:443', '127.0.0.0:1', 'ipv4:127.1.2.3:1', 'localhost', '[::1]:1', 'unix:a'])(
    'is true for %s',
    (target) => {
      expect(isLoopbackTarget(target)).toBe(true);
    },
  );

  it.each([
    '127.1',
    '127.0.0.01',
    '127.0.0.1.',
    '127.0.0',
    '127.0.0.0x1',
    '127.0.0.-1',
    '127.0.0.１',
    '0127.0.0.1',
    '128.0.0.1',
    '12.7.0.0',
    '127.0.0.1\n',
    ' 127.0.0.1',
    '2130706433',
    '0x7f000001',
    '::ffff:127.0.0.1',
  ])('is false for %j', (target) => {
    expect(isLoopbackTarget(target)).toBe(false);
  });

  it('reads four decimal parts as Node does', () => {
    const part = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constantFrom('', '00', '01', '1e1', '+1', '0x1'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), (parts) => {
        const host = ['127', ...parts].join('.');
        expect(isLoopbackTarget(host)).toBe(isIPv4(host));
      }),
      { numRuns: 500 },
    );
  });
});
