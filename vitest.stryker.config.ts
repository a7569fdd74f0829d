import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests of the layer below first: they kill most of its mutants, and sooner. */
class ByPath extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
  }
}

/**
 * What mutation testing runs for each mutant: the unit tests of the judging layers. Scenarios would kill some more, at seconds a mutant; and
 * the soundness test is random, so that no figure of it could be had twice.
 */
export default defineConfig({
  test: {
    include: ['test/dnssec/**/*.test.ts', 'test/validator/**/*.test.ts'],
    exclude: ['test/dnssec/soundness.test.ts'],
    testTimeout: 30_000,
    sequence: { sequencer: ByPath },
  },
});
