import { defineConfig } from 'vitest/config';

// Every file starts a server of its own, so files run side by side without
// knowing of each other. Two at a time suit the two cores of a small machine.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'cluster/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
