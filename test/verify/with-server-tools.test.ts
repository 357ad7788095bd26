import { expect, it, vi } from 'vitest';

import { portableTools } from '../../src/crypto/tools.js';
import { generalReader } from '../../src/token/token-reader.js';
import { portableVerifierTools, type serverTools as realServerTools } from '../../src/verify/tools.js';

// The tests of the verifier once more, with the tools of a server under Node in the place of the portable ones.
vi.mock('../../src/verify/tools.js', async (importOriginal) => {
  const { serverTools } = await importOriginal<{ serverTools: typeof realServerTools }>();
  const { fastestKeccak } = await import('../../src/keccak/fastest-keccak.js');
  const { bytes } = await import('../../src/bytes/node-bytes.js');
  return { serverTools, portableVerifierTools: serverTools(fastestKeccak(), bytes) };
});

it('has other tools than the other tests', () => {
  expect(portableVerifierTools.reader).not.toBe(generalReader);
  expect(portableVerifierTools.keccak256).not.toBe(portableTools.keccak256);
  expect(portableVerifierTools.bytes).not.toBe(portableTools.bytes);
});

await import('./create-verifier.test.js');
await import('./check-token.test.js');
await import('./certificate.test.js');
await import('./properties.test.js');
await import('./vectors.test.js');
await import('./token-cache.test.js');
await import('./token-identity.test.js');
