import { defineConfig } from 'vitest/config';

/**
 * What mutation testing runs for each mutant: the unit tests of the judging layers. Scenarios would kill some more, at seconds a mutant; and
 * the soundness test is random, so that no figure of it could be had twice.
 */
export default defineConfig({
  test: {
    include: ['test/dnssec/**/*.test.ts', 'test/validator/**/*.test.ts'],
    exclude: ['test/dnssec/soundness.test.ts'],
    testTimeout: 30_000,
  },
});
