import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** The tests of the mutated folders. Left out are those that start processes or look at files instead of code. */
export default defineConfig({
  resolve: {
    alias: {
      '#bytes': `${src}/bytes/node-bytes.ts`,
      '#curves': `${src}/curves/fastest-curve.ts`,
      '#keccak': `${src}/keccak/fastest-keccak.ts`,
      '#protobuf': `${src}/protobuf/at-once.ts`,
    },
  },
  test: {
    include: [
      'test/{bytes,keccak,token,crypto,verify,devices,gate,grpc,hostile,client}/**/*.test.ts',
      'test/{errors,identity,options}.test.ts',
    ],
    exclude: ['test/grpc/server/leaks.test.ts', 'test/grpc/server/async-handler.test.ts'],
  },
});
