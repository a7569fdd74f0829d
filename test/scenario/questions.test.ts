/** Odd questions: at wildcards and aliases, of odd types, with names at the limits; and the deadline. */

import { describe, expect, test, vi } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import { answerFrom } from './authority.ts';
import { healthyWorld, LEAF_AT, TEST_AT } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { at, type Behaviour, dataOf, makeBench, makeWorld, NOW, on, said, settingsFor, stateOf } from './world.ts';

const world = healthyWorld();
const long = (apex: string) =>
  `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(255 - 3 * 64 - apex.length - 2)}.${apex}`;

test.each([
  ['a wildcard asked for by its name', '*.wild.secure.test.', 'A', 'answer secure'],
  ['NODATA at it', '*.wild.secure.test.', 'MX', 'nodata secure'],
  ['the same with NSEC3', '*.wild.three.test.', 'A', 'answer secure'],
  ['NODATA at it with NSEC3', '*.wild.three.test.', 'MX', 'nodata secure'],
  ['a name that ends in an asterisk label that does not exist', '*.secure.test.', 'A', 'nxdomain secure'],
  ['a name under a wildcard under a wildcard', 'a.*.wild.secure.test.', 'A', 'nxdomain secure'],
  ['DS at a name that a wildcard makes', 'x.wild.secure.test.', 'DS', 'nodata secure'],
  ['DS at an alias', 'alias.secure.test.', 'DS', 'nodata secure'],
  ['DS at a name that does not exist', 'none.secure.test.', 'DS', 'nxdomain secure'],
  ['DS at an empty non-terminal', 'ent.secure.test.', 'DS', 'nodata secure'],
  ['DS at it with NSEC3', 'ent.three.test.', 'DS', 'nodata secure'],
  ['DS below an unsigned zone', 'www.plain.test.', 'DS', 'nodata insecure unsigned-delegation'],
  ['DS of a TLD that does not exist', 'none.', 'DS', 'nxdomain secure'],
  ['DNSKEY where there is no zone', 'www.secure.test.', 'DNSKEY', 'nodata secure'],
  ['DNSKEY of an unsigned zone', 'plain.test.', 'DNSKEY', 'nodata insecure unsigned-delegation'],
  ['NSEC as a question', 'www.secure.test.', 'NSEC', 'answer secure'],
  ['an unknown type', 'www.secure.test.', 'TYPE65280', 'nodata secure'],
  ['CNAME where there is none', 'www.secure.test.', 'CNAME', 'nodata secure'],
  ['CNAME of a wildcard alias', 'x.walias.secure.test.', 'CNAME', 'answer secure'],
  ['CNAME below a DNAME', 'host.old.secure.test.', 'CNAME', 'answer secure'],
  ['a name of 255 octets', long('secure.test.'), 'A', 'nxdomain secure'],
  ['a name of 255 octets with NSEC3', long('three.test.'), 'A', 'nxdomain secure'],
  ['a name of 255 octets under a wildcard', long('wild.secure.test.'), 'A', 'answer secure'],
  ['a name of 255 octets under a wildcard with NSEC3', long('wild.three.test.'), 'A', 'answer secure'],
  ['a NUL and a dot in a label', 'a\\000b\\.c.secure.test.', 'A', 'nxdomain secure'],
  ['upper case', 'WWW.SECURE.TEST.', 'A', 'answer secure'],
  ['upper case in a denial', 'NONE.THREE.TEST.', 'A', 'nxdomain secure'],
  ['upper case below DNAME', 'HOST.OLD.SECURE.TEST.', 'A', 'answer secure'],
])('%s', async (_title, name, type, want) => {
  const bench = makeBench(world);
  expect(said(await bench.ask(name, type))).toBe(want);
  expect(said(await bench.ask(name, type)), 'again').toBe(want);
});

describe('one server with several zones that follows aliases across them', () => {
  const shared = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'tld.', at: ['192.0.2.11'], records: ['alias CNAME www.leaf.tld.', 'tobare CNAME www.bare.tld.'] },
    { apex: 'leaf.tld.', at: ['192.0.2.11'], records: ['www A 10.0.0.1'] },
    { apex: 'bare.tld.', at: ['192.0.2.11'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
  ]);
  const target = (name: string) => answerFrom([shared.zone(name.slice(4))], { qname: parseName(name), qtype: Type.A, qclass: 1 }).answer;
  const following = (owner: string, name: string, forged = false): Behaviour =>
    on(owner, 'A', (reply) => ({ ...reply, answer: [...reply.answer, ...(forged ? [rrset(name, 'A', ['6.6.6.6'])] : target(name))] }));

  test.each([
    ['what came along is used where it validates', 'alias.tld.', following('alias.tld.', 'www.leaf.tld.'), 'answer secure'],
    ['and asked for where it does not', 'alias.tld.', following('alias.tld.', 'www.leaf.tld.', true), 'answer secure'],
    ['and taken where no zone signs', 'tobare.tld.', following('tobare.tld.', 'www.bare.tld.'), 'answer insecure unsigned-delegation'],
  ])('%s', async (_title, name, behaviour, want) => {
    const result = await makeBench(shared, { behaviours: [behaviour] }).ask(name);
    expect(said(result)).toBe(want);
    expect(dataOf(result).at(-1)).toContain('0a000001');
  });
});

describe('ANY', () => {
  const all: Behaviour = at(LEAF_AT, (reply, { question }) => {
    if (question.qtype !== Type.ANY) return undefined;
    const zone = world.zone('secure.test.');
    const sets = [...(zone.nodes.get(question.qname.key)?.sets.values() ?? [])];
    return sets.length > 0 ? { ...reply, rcode: 0, authority: [], answer: sets.map((set) => zone.sign(set)) } : undefined;
  });

  test('all RRsets at the name, each judged', async () => {
    const bench = makeBench(world, { behaviours: [all] });
    const result = await bench.ask('www.secure.test.', 'ANY');
    expect(said(result)).toBe('answer secure');
    expect(result.answer.map(({ type }) => type).toSorted()).toEqual([Type.A, Type.TXT]);
  });

  test.each(['first', 'last'])('one of them unsigned, the %s, makes the whole bogus', async (place) => {
    const stray: Behaviour = (reply, { question }) => {
      if (question.qtype !== Type.ANY) return undefined;
      const more = rrset(textOf(question.qname), 'AAAA', ['2001:db8::1']);
      return { ...reply, answer: place === 'first' ? [more, ...reply.answer] : [...reply.answer, more] };
    };
    expect(stateOf(await makeBench(world, { behaviours: [all, stray] }).ask('www.secure.test.', 'ANY'))).toBe('bogus');
  });
});

test('the deadline holds even where a server keeps us waiting for ever', async () => {
  vi.useFakeTimers();
  try {
    const resolver = createResolver({
      exchange: () => new Promise(() => {}),
      now: () => NOW,
      signatureTime: () => NOW,
      randomInt: () => 0,
      settings: settingsFor(world),
    });
    const pending = resolver.resolve({ qname: parseName('www.secure.test.'), qtype: Type.A, qclass: 1 }, { deadlineMs: 2000 });
    await vi.advanceTimersByTimeAsync(2001);
    expect(said(await pending)).toBe('failure indeterminate limit-spent');
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  ['bogus.test.', 'answer bogus dnskey-missing'],
  ['secure.test.', 'answer secure'],
])('NSEC at the cut of %s is that of the child, though servers of the parent answer with theirs', async (name, want) => {
  const parents = (world.servers.get(TEST_AT[0] as string) ?? []).find(({ apex }) => apex.labels === 1);
  const nsec = parents?.proofOf(parseName(name)).find(({ owner, type }) => type === Type.NSEC && owner.key === parseName(name).key);
  const over: Behaviour = (reply) => ({ ...reply, rcode: 0, authoritative: true, answer: [nsec as RRset], authority: [], additional: [] });
  for (const qnameMinimisation of [true, false]) {
    const bench = makeBench(world, { behaviours: [at(TEST_AT, on(name, 'NSEC', over))], settings: { qnameMinimisation } });
    const resolution = await bench.ask(name, 'NSEC');
    expect(said(resolution)).toBe(want);
    expect(dataOf(resolution)).not.toContain(dataOf({ ...resolution, answer: [nsec as RRset] })[0]);
  }
});

test('what a trace hears: questions, referrals, verdicts, in order', async () => {
  const bench = makeBench(world);
  await bench.traced('www.secure.test.');
  const events = bench.events.map(({ event }) => event);
  expect(events.filter((event) => event === 'query-sent').length).toBe(bench.sent.length);
  expect(events.filter((event) => event === 'referral').length).toBe(2);
  expect(bench.events.at(-1)).toMatchObject({ event: 'validated', validation: { state: 'secure' } });
  await bench.traced('www.secure.test.');
  expect(bench.events.at(-1)).toMatchObject({ event: 'cache-hit' });
});

test('figures count what is kept', async () => {
  const bench = makeBench(world);
  await bench.ask('www.secure.test.');
  const { entries, octets } = bench.resolver.figures();
  expect(entries).toMatchObject({ delegation: 2, failure: 0 });
  expect(entries.rrset).toBeGreaterThan(0);
  expect(entries.keys).toBe(3);
  expect(octets).toBeGreaterThan(0);
  expect(bench.resolver.upstreamQueries()).toBe(bench.sent.length);
});
