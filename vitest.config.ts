import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'explorer/src/**/*.test.ts', 'test/**/*.test.ts'],
    maxWorkers: availableParallelism(), // vitest would leave one core alone: on two, files would run one by one
    // A busy machine is no failure. Longer than the page is waited for, so that what did not come is named.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', './test/reporter.ts'],
  },
});
