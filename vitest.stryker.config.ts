import { defineConfig } from 'vitest/config';

/** What mutation testing runs for each mutant: the tests of the judging layers, and the scenarios about verdicts that take milliseconds. */
export default defineConfig({
  test: {
    include: ['test/dnssec/**/*.test.ts', 'test/validator/**/*.test.ts', 'test/scenario/{anchors,clock,kinds,verdicts,wrong-zone}.test.ts'],
    testTimeout: 30_000,
  },
});
