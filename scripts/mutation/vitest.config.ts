import { defineConfig } from 'vitest/config';

/** The tests of the mutated folders. Left out are those that start processes or look at files instead of code. */
export default defineConfig({
  test: {
    include: [
      'test/{token,crypto,verify,gate,grpc,hostile,client}/**/*.test.ts',
      'test/{errors,identity,options}.test.ts',
    ],
    exclude: ['test/grpc/leaks.test.ts'],
  },
});
