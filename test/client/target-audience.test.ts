import { describe, expect, it } from 'vitest';

import { audienceIsTarget, audienceOfTarget, audienceOfUrl } from '../../src/client/target-audience.js';
import { fixedToken } from '../../src/testing/index.js';
import { audienceName } from '../../src/token/audience.js';

describe('audienceOfTarget()', () => {
  it.each([
    ['node.example', true, 'node.example:443'],
    ['node.example', false, 'node.example:80'],
    ['node.example:50051', true, 'node.example:50051'],
    ['Node.Example.', true, 'node.example:443'],
    ['dns:node.example', true, 'node.example:443'],
    ['dns:///node.example:8443', true, 'node.example:8443'],
    ['dns://8.8.8.8/node.example', true, 'node.example:443'],
    ['dns://[2001:db8::8]:53/node.example:1', false, 'node.example:1'],
    ['localhost:50051', false, 'localhost:50051'],
    ['127.0.0.1', false, '127.0.0.1:80'],
    ['ipv4:192.0.2.1:50051', true, '192.0.2.1:50051'],
    ['ipv4:///192.0.2.1', true, '192.0.2.1:443'],
    ['ipv6:[2001:DB8:0:0::1]:443', true, '[2001:db8::1]:443'],
    ['ipv6:2001:db8::1', true, '[2001:db8::1]:443'],
    ['[::1]', false, '[::1]:80'],
    ['[::1]:50051', false, '[::1]:50051'],
    ['::ffff:127.0.0.1', true, '[::ffff:127.0.0.1]:443'],
  ])('of %s (TLS: %s) is %s', (target, isTls, name) => {
    expect(audienceOfTarget(target, isTls)).toBe(name);
    expect(audienceName('audience', name)).toBe(name);
  });

  it.each([
    'unix:/run/node.sock',
    'unix:///run/node.sock',
    'unix:443',
    'unix-abstract:node',
    'xds:///node',
    'xds:443',
    'ipv4:192.0.2.1:1,192.0.2.2:1',
    'ipv6:[::1]:1,[::2]:1',
    'dns:/node.example',
    'https://node.example',
    'node.example:70000',
    'node.example:0',
    'node.example:',
    'nöde.example',
    '[fe80::1%eth0]:1',
    '300.1.1.1',
    '',
  ])('there is none of %s', (target) => {
    expect(() => audienceOfTarget(target, true)).toThrow(TypeError);
    expect(() => audienceOfTarget(target, true)).toThrow('names no single host');
  });
});

describe('audienceOfUrl()', () => {
  it.each([
    ['https://node.example', 'node.example:443'],
    ['https://Node.Example./notes?x=1', 'node.example:443'],
    ['http://node.example/', 'node.example:80'],
    ['http://127.0.0.1:8080/a', '127.0.0.1:8080'],
    ['https://node.example:443/', 'node.example:443'],
    ['http://node.example:443/', 'node.example:443'],
    ['https://nöde.example', 'xn--nde-sna.example:443'],
    ['https://user:word@node.example', 'node.example:443'],
    ['https://[2001:DB8:0::0:1]', '[2001:db8::1]:443'],
    ['https://[::ffff:192.0.2.1]:8443', '[::ffff:192.0.2.1]:8443'],
    ['http://0x7f.1', '127.0.0.1:80'],
  ])('of %s is %s, as nodes have to write it', (url, name) => {
    expect(audienceOfUrl(url)).toBe(name);
    expect(audienceName('audience', name)).toBe(name);
  });

  it('there is none of what is no URL', () => {
    expect(() => audienceOfUrl('/walletauth')).toThrow(TypeError);
  });
});

describe('audienceIsTarget()', () => {
  const { forTarget: _, ...bare } = fixedToken('x');

  it('is off unless it is said', () => {
    expect(audienceIsTarget({}, bare)).toBe(false);
    expect(audienceIsTarget({ audience: 'target' }, fixedToken('x'))).toBe(true);
  });

  it('needs a source that tells nodes apart, and has one value', () => {
    expect(() => audienceIsTarget({ audience: 'target' }, bare)).toThrow(
      'audience needs a token source with a forTarget()',
    );
    for (const audience of ['node.example:443', true, null])
      expect(() => audienceIsTarget({ audience } as never, fixedToken('x'))).toThrow("audience must be 'target'");
  });
});
