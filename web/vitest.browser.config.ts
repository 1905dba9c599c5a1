import { defineConfig } from 'vitest/config';

// Starts the real binary and Chromium: one file at a time, with room for a slow
// machine, and for one that stands still for several seconds.
export default defineConfig({
  test: {
    include: ['browser/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 360_000,
    hookTimeout: 360_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
