/** Every parser in short: `npm run fuzz` goes on for as long as told. */

import fc from 'fast-check';
import { test } from 'vitest';
import { parserTargets } from './parsers.ts';

test.each(parserTargets.map(({ name, property }) => [name, property] as const))('%s', async (_name, property) => {
  await fc.assert(property() as fc.IAsyncProperty<unknown>, { numRuns: 100, seed: 4 });
});
