/** A wrong clock must not look like a world of expired signatures; and a forger must not be able to make it look like a wrong clock. */

import { expect, test } from 'vitest';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { healthyWorld } from './healthy.ts';
import { makeBench, NOW, said } from './world.ts';

const YEAR = 365 * 86_400;
const NAMES = ['www.secure.test.', 'three.test.', 'opt.'];

function detailOf({ validation }: Resolution): string | undefined {
  return validation.state === 'bogus' ? validation.detail : undefined;
}

async function askedAt(now: number, names = NAMES) {
  const bench = makeBench(healthyWorld(), { now });
  const answers: Resolution[] = [];
  for (const name of names) answers.push(await bench.ask(name, 'SOA'));
  await bench.resolver.prepare();
  return { bench, answers };
}

test.each([
  ['a year ahead', YEAR, 'signature-expired', /^clock: at least 3\d\d days ahead, as 4 zones say; RRSIG over \. DNSKEY/],
  ['a year behind', -YEAR, 'signature-not-yet-valid', /^clock: at least 3\d\d days behind, as 4 zones say; RRSIG over \. DNSKEY/],
])('a clock %s is named in the answer and in readiness', async (_title, offset, reason, text) => {
  const { bench, answers } = await askedAt(NOW + offset);
  for (const answer of answers) expect(said(answer)).toMatch(`bogus ${reason}`);
  expect(detailOf(answers[0] as Resolution), 'the first alone proves nothing').not.toMatch('clock');
  expect(detailOf(answers.at(-1) as Resolution)).toMatch(text);
  expect(bench.resolver.readiness()).toMatchObject({ ready: false, reasons: [expect.stringMatching(/^clock: /), expect.anything()] });
});

test('set right again, it is forgotten', async () => {
  const { bench } = await askedAt(NOW + YEAR);
  bench.clock.now = NOW;
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  await bench.resolver.prepare();
  expect(bench.resolver.readiness()).toEqual({ ready: true, reasons: [] });
});

test.each([
  ['one zone besides the root', ['www.secure.test.', 'secure.test.']],
  ['a zone and one within it', ['www.secure.test.', 'test.']],
])('%s is no world', async (_title, names) => {
  const { bench, answers } = await askedAt(NOW + YEAR, names);
  expect(detailOf(answers.at(-1) as Resolution)).not.toMatch('clock');
  expect(bench.resolver.readiness().reasons.join()).not.toMatch('clock');
});
