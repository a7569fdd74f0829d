/** A question followed through its aliases: the verdict of the whole is the worst of its links. */

import { expect, test } from 'vitest';
import { openBudget } from '../../src/base/budget.ts';
import { type Name, parseName } from '../../src/base/name.ts';
import { SECURE, type Validation } from '../../src/base/validation.ts';
import type { Work } from '../../src/base/work.ts';
import { follow } from '../../src/resolver/follow.ts';
import type { LinkJudge, LinkStep } from '../../src/resolver/judge.ts';
import type { FailedLink, JudgedLink, LinkContent } from '../../src/resolver/link.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { rrset, textOf } from '../scenario/rrset.ts';

const zone = parseName('test.');
const insecure: Validation = { state: 'insecure', zone, reason: 'unsigned-delegation' };
const bogus: Validation = { state: 'bogus', zone, reason: 'signature-wrong' };
const indeterminate = { state: 'indeterminate', reason: 'servers-unreachable' } as const;

interface Said {
  readonly to?: string;
  readonly kind?: 'answer' | 'nodata' | 'nxdomain' | 'failure';
  readonly validation?: Validation;
  readonly cached?: boolean;
  readonly expires?: number;
}

function judgeOf(links: Readonly<Record<string, Said>>): LinkJudge {
  const contentOf = (name: Name, { to, kind = 'answer' }: Said): LinkContent => {
    const owner = textOf(name);
    if (to) return { kind: 'alias', alias: { owner: name, target: parseName(to), cname: rrset(owner, 'CNAME', [to]), dname: undefined } };
    return kind === 'nodata' || kind === 'nxdomain' ? { kind } : { kind: 'answer', rrsets: [rrset(owner, 'A', ['192.0.2.1'])] };
  };
  const get = async (name: Name): Promise<LinkStep | FailedLink> => {
    const said = links[textOf(name)];
    if (!said || said.kind === 'failure') return { failure: indeterminate };
    const { validation = SECURE, cached = false, expires = 100 } = said;
    const link: JudgedLink = { content: contentOf(name, said), authority: [], zone, server: '192.0.2.1', validation, cached, expires };
    return { link, rest: undefined };
  };
  return { get } as unknown as LinkJudge;
}

function run(links: Readonly<Record<string, Said>>): Promise<Resolution> {
  const budget = openBudget();
  const work: Work = {
    spend: budget.spend,
    depth: 0,
    remainingMs: () => 1000,
    trace: undefined,
    turn: () => undefined,
    report: () => {},
    share: () => Promise.reject(new Error('not used')),
  };
  return follow({ qname: parseName('a.test.'), qtype: 1, qclass: 1 }, judgeOf(links), work);
}

test.each<[string, Record<string, Said>, object]>([
  ['an answer', { 'a.test.': {} }, { kind: 'answer', validation: SECURE, lastValidation: SECURE, aliases: [] }],
  ['NODATA', { 'a.test.': { kind: 'nodata' } }, { kind: 'nodata', answer: [] }],
  ['NXDOMAIN', { 'a.test.': { kind: 'nxdomain' } }, { kind: 'nxdomain', answer: [] }],
  ['a failure', { 'a.test.': { kind: 'failure' } }, { kind: 'failure', validation: indeterminate, answer: [] }],
  [
    'an insecure link makes the whole insecure',
    { 'a.test.': { to: 'b.test.', validation: insecure }, 'b.test.': {} },
    { validation: insecure, lastValidation: SECURE },
  ],
  [
    'an insecure answer behind a secure link',
    { 'a.test.': { to: 'b.test.' }, 'b.test.': { validation: insecure } },
    { validation: insecure, lastValidation: insecure },
  ],
  [
    'a bogus link makes the whole bogus, whatever stands behind',
    { 'a.test.': { to: 'b.test.', validation: bogus }, 'b.test.': {} },
    { validation: bogus, lastValidation: SECURE, kind: 'answer' },
  ],
  [
    'a bogus denial behind a secure link',
    { 'a.test.': { to: 'b.test.' }, 'b.test.': { kind: 'nxdomain', validation: bogus } },
    { validation: bogus, kind: 'nxdomain' },
  ],
  ['a target that cannot be had', { 'a.test.': { to: 'b.test.' } }, { kind: 'failure', validation: indeterminate, answer: [] }],
  ['all cached is cached', { 'a.test.': { to: 'b.test.', cached: true }, 'b.test.': { cached: true } }, { cached: true }],
  ['one fetched is not cached', { 'a.test.': { to: 'b.test.', cached: true }, 'b.test.': {} }, { cached: false }],
  ['the first to end counts', { 'a.test.': { to: 'b.test.', expires: 90 }, 'b.test.': { expires: 50 } }, { expires: 50 }],
  [
    'a circle of one',
    { 'a.test.': { to: 'a.test.' } },
    { kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-failing' } },
  ],
  [
    'a circle of two',
    { 'a.test.': { to: 'b.test.' }, 'b.test.': { to: 'A.test.' } },
    { kind: 'failure', validation: { state: 'indeterminate' } },
  ],
])('%s', async (_title, links, want) => {
  expect(await run(links)).toMatchObject(want);
});

test('links stand in order, each with its verdict', async () => {
  const result = await run({ 'a.test.': { to: 'b.test.' }, 'b.test.': { to: 'c.test.', validation: insecure }, 'c.test.': {} });
  expect(result.answer.map(({ owner, type }) => `${textOf(owner)} ${type}`)).toEqual(['a.test. 5', 'b.test. 5', 'c.test. 1']);
  expect(result.aliases.map(({ owner, target, validation }) => [textOf(owner), textOf(target), validation.state])).toEqual([
    ['a.test.', 'b.test.', 'secure'],
    ['b.test.', 'c.test.', 'insecure'],
  ]);
});

test.each([
  [11, 'answer'],
  [12, 'limit'],
])('%i aliases: %s', async (count, want) => {
  const links = Object.fromEntries(
    Array.from({ length: count + 1 }, (_, i) => [i === 0 ? 'a.test.' : `n${i}.test.`, i === count ? {} : { to: `n${i + 1}.test.` }]),
  );
  const outcome = await run(links).then(
    ({ kind }) => kind,
    (error: { limit?: string }) => (error.limit === 'aliases' ? 'limit' : 'another error'),
  );
  expect(outcome).toBe(want);
});
