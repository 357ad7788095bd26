import { fileURLToPath } from 'node:url';

import { configDefaults, defineConfig } from 'vitest/config';

const src = fileURLToPath(new URL('src', import.meta.url));

export default defineConfig({
  // what users import stands for its sources, so that tests of the examples need no build
  resolve: {
    alias: [
      { find: /^grpc-wallet-auth\/(.*)$/, replacement: `${src}/$1/index.ts` },
      { find: '#bytes', replacement: `${src}/bytes/node-bytes.ts` },
      { find: '#curves', replacement: `${src}/curves/fastest-curve.ts` },
      { find: '#keccak', replacement: `${src}/keccak/fastest-keccak.ts` },
      { find: '#protobuf', replacement: `${src}/protobuf/at-once.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/packages/**'], // those of vitest.packages.config.ts
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json', checker: 'tsc' },
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary'] },
  },
});
