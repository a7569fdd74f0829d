import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: '100%', // one less than there are cores unless told, and much of the work here is waiting
    reporters: ['default', './test/hung-reporter.mjs'],
  },
});
