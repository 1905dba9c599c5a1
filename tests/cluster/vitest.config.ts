import { defineConfig } from 'vitest/config';

// Several nodes on real engines. The files share the engines, which global.ts starts once, and
// break them: so one file runs after the other.
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['**/*.test.ts'],
    globalSetup: ['global.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 480_000,
    hookTimeout: 480_000,
    teardownTimeout: 300_000, // engines stop
    passWithNoTests: false,
    allowOnly: false,
  },
});
