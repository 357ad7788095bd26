import { expect, it } from 'vitest';

import * as client from '../../src/client/index.js';

it('exports these names and no others', () => {
  expect(Object.keys(client).toSorted()).toEqual([
    'AuthError',
    'WalletError',
    'createIdentity',
    'createToken',
    'createTokenSource',
    'discoverWallets',
    'exportIdentity',
    'importIdentity',
    'signRevocation',
    'siweStatement',
    'watchAccount',
    'xmtpStatement',
  ]);
});
