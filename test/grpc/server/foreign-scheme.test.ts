import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';

import { authorization, kinds } from '../../support/demo-server.js';
import { startNode } from '../../support/start-node.js';
import { tokens } from '../../support/tokens.js';

/** An unsigned JWT: no characters of base64 alone, as its parts are joined by dots. */
const jwt = [{ alg: 'none' }, { sub: 'alice' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('')
  .join('.');

const foreign = [
  ['Basic', 'Basic YWxpY2U6c2VjcmV0', 'UNSUPPORTED_SCHEME'],
  ['Digest', 'Digest username="alice"', 'UNSUPPORTED_SCHEME'],
  ['a JWT as a bearer token', `Bearer ${jwt}`, 'MALFORMED_TOKEN'],
  ['a JWT alone', jwt, 'MALFORMED_HEADER'],
  ['a JWT longer than maxTokenLength', `Bearer ${jwt}${'A'.repeat(2_048)}`, 'TOKEN_TOO_LARGE'],
] as const;

/** Leaves this library's tokens in the metadata and takes out what belongs to others. */
const dropForeign: ServerInterceptor = (_, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, pass) {
          if (!/^bearer [^.]+$/i.test(String(metadata.get('authorization')[0]))) metadata.remove('authorization');
          pass(metadata);
        },
      }),
  });

describe.each(['public', 'optional', 'required'] as const)('a foreign scheme on a %s method', (rule) => {
  it.each(foreign)('%s is refused like any bad token', async (_, value, reason) => {
    const node = await startNode({ rules: { '*': rule } });
    for (const kind of kinds) expect(await node.reasonOf(kind, authorization(value))).toBe(reason);
    expect(node.handlersRun()).toBe(0);
    expect(node.messagesParsed()).toBe(0);
  });
});

describe('a foreign scheme that an interceptor listed before takes out', () => {
  it.each(foreign)('%s is a call without a token', async (_, value) => {
    const node = await startNode({
      before: [dropForeign],
      rules: { '*': 'required', 'walletauth.demo.v1.DemoService/WhoAmI': 'public' },
    });
    expect(await node.reasonOf('unary', authorization(value))).toBeUndefined();
    expect(await node.reasonOf('bidi stream', authorization(value))).toBe('MISSING_CREDENTIALS');
    expect(await node.reasonOf('bidi stream', authorization(tokens.good))).toBeUndefined();
    expect(node.handlersRun()).toBe(2);
  });
});
