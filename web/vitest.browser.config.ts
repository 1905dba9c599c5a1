import { defineConfig } from 'vitest/config';

// Starts the real binary and Chromium: one file at a time, with room for a slow machine.
export default defineConfig({
  test: {
    include: ['browser/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
