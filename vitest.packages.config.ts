import { defineConfig } from 'vitest/config';

/** What `npm run test:packages` runs: the packed package in folders of its own, beside the real frameworks. */
export default defineConfig({
  test: {
    include: ['test/packages/**/*.test.ts'],
    globalSetup: 'test/packages/support/pack.ts',
    testTimeout: 120_000,
    maxWorkers: 2,
  },
});
