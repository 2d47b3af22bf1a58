import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'explorer/src/**/*.test.ts', 'test/**/*.test.ts'],
    maxWorkers: availableParallelism(), // vitest would leave one core alone: on two, files would run one by one
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } }, // a busy machine is no failure
    reporters: ['default', './test/reporter.ts'],
  },
});
