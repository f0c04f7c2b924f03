import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'gateway/src/**/*.test.ts',
      'gateway/test/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
