/** The pages for operators explain every word that a report may use. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as words from '../../src/dane/verdicts.ts';
import { watchEvents } from '../../src/dane/watch.ts';
import { outcomes } from '../../src/preflight/judge.ts';

const lists = { ...words, watchEvents, outcomes, preflightReasons: ['smtp-route', 'dane-off', 'check-not-finished'] };

test.each(['esa.md', 'esa.nl.md'])('docs/%s', (file) => {
  const page = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
  const missing = Object.values(lists)
    .flat()
    .filter((word) => !page.includes(`\`${word}\``));
  expect(missing).toEqual([]);
});
