import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LedgerReporter } from './scripts/test/ledger-reporter.ts';

const ledger = process.env['SALLYPORT_TEST_LEDGER'];

/** Suites that start servers: after all others, and two files at a time, as half of what they do is to wait. More of them starve each other. */
const serverSuites = ['gateway/test/**/*.test.ts', 'examples/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    reporters: ledger === undefined ? ['default'] : ['default', new LedgerReporter(ledger)],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['gateway/src/**/*.test.ts', 'console/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: Math.max(2, availableParallelism()),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'servers',
          include: serverSuites,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: Math.min(2, availableParallelism()),
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
