import { expect, it } from 'vitest';

import * as testing from '../../src/testing/index.js';

it('exports these names and no others', () => {
  expect(Object.keys(testing).toSorted()).toEqual([
    'callOf',
    'fakeDevices',
    'fixedToken',
    'mintIdentity',
    'mintToken',
    'settableClock',
    'testDeviceStore',
    'testWallets',
  ]);
});
