/** Which address is asked next. */

import { expect, test } from 'vitest';
import { type Candidate, chooseServer } from '../../src/iterator/server-choice.ts';

const candidate = (address: string, expectedMs: number, tries = 0, maxTries = 2): Candidate => ({ address, expectedMs, tries, maxTries });

function choices(candidates: readonly Candidate[]): string[] {
  const seen = new Set<string>();
  for (let at = 0; at < 16; at++) {
    const chosen = chooseServer(candidates, (bound) => at % bound);
    if (chosen) seen.add(chosen.address);
  }
  return [...seen].toSorted();
}

test.each([
  ['all within 100 ms of the best are alike (RFC 5452 §9)', [candidate('a', 10), candidate('b', 110), candidate('c', 111)], ['a', 'b']],
  ['one alone', [candidate('a', 60_000)], ['a']],
  ['untried ones before tried ones, however slow', [candidate('a', 1, 1), candidate('b', 60_000)], ['b']],
  ['those with tries left', [candidate('a', 1, 2), candidate('b', 400, 1)], ['b']],
  ['none when all had their tries', [candidate('a', 1, 2), candidate('b', 1, 2)], []],
  ['none of none', [], []],
  ['a dead one tried no more often than it may be', [candidate('a', 60_000, 1, 1), candidate('b', 50, 1)], ['b']],
])('%s', (_title, candidates, want) => {
  expect(choices(candidates)).toEqual(want);
});
