/** Trust anchors, negative ones, validation off, forward and stub zones: where trust begins and ends, and whom we ask. */

import { expect, test } from 'vitest';
import { formatName, parseName } from '../../src/base/name.ts';
import type { ResolverSettings } from '../../src/resolver/settings.ts';
import { rdataOf } from '../vectors/read-records.ts';
import { NOW } from '../vectors/signed-zone.ts';
import { healthyWorld, healthyZones, LEAF_AT, ROOT_AT } from './healthy.ts';
import { anchorOf, at, type Behaviour, dataOf, flip, makeBench, makeWorld, rcode, rewrite, said, silent, stateOf } from './world.ts';

const world = healthyWorld();
const root = anchorOf(world.root);
const island = anchorOf(world.zone('island.test.'));
const bogusZone = anchorOf(world.zone('bogus.test.'));
const wrong = { zone: parseName('island.test.'), ds: [rdataOf('DS', ['1', '13', '2', '00'.repeat(32)])], dnskeys: [] };
const unknown = { zone: parseName('island.test.'), ds: [rdataOf('DS', ['1', '200', '2', '00'.repeat(32)])], dnskeys: [] };
const byKey = { zone: parseName('island.test.'), ds: [], dnskeys: [world.zone('island.test.').signed.key.rdata] };
const unknownKey = { zone: parseName('island.test.'), ds: [], dnskeys: [rdataOf('DNSKEY', '257 3 200 AAAA'.split(' '))] };

test.each<[string, ResolverSettings['anchors'], string, string]>([
  ['the root alone', [root], 'www.island.test.', 'answer insecure unsigned-delegation'],
  ['the root and an island below it', [root, island], 'www.island.test.', 'answer secure'],
  ['the island given as a DNSKEY', [root, byKey], 'www.island.test.', 'answer secure'],
  ['the island alone', [island], 'www.island.test.', 'answer secure'],
  ['the island alone, above it nothing is secure', [island], 'www.secure.test.', 'answer insecure no-trust-anchor'],
  ['the island alone, a denial beside it', [island], 'none.test.', 'nxdomain insecure no-trust-anchor'],
  ['no anchor at all', [], 'www.secure.test.', 'answer insecure no-trust-anchor'],
  ['no anchor at all, a bogus zone', [], 'www.bogus.test.', 'answer insecure no-trust-anchor'],
  ['an anchor of wrong DS for the island', [root, wrong], 'www.island.test.', 'answer bogus dnskey-missing'],
  ['an anchor of an unknown algorithm', [root, unknown], 'www.island.test.', 'answer insecure unsupported-algorithm'],
  ['an anchor key of an unknown algorithm', [root, unknownKey], 'www.island.test.', 'answer insecure unsupported-algorithm'],
  [
    'two anchors of one zone, one of them unknown',
    [root, { ...island, ds: [...unknown.ds, ...island.ds] }],
    'www.island.test.',
    'answer secure',
  ],
  ['the deepest anchor decides, whatever the zone above says', [root, bogusZone], 'www.bogus.test.', 'answer secure'],
  [
    'a wrong deep anchor is not mended by the zone above',
    [root, { ...wrong, zone: parseName('secure.test.') }],
    'www.secure.test.',
    'answer bogus dnskey-missing',
  ],
  ['an anchor below an unsigned zone', [root, anchorOf(world.zone('deep.plain.test.'))], 'www.deep.plain.test.', 'answer secure'],
  [
    'the same key under another name is no anchor',
    [{ ...island, zone: parseName('plain.test.') }],
    'www.island.test.',
    'answer insecure no-trust-anchor',
  ],
])('%s', async (_title, anchors, name, want) => {
  const bench = makeBench(world, { settings: { anchors } });
  expect(said(await bench.ask(name))).toBe(want);
  expect(said(await bench.ask(name)), 'again').toBe(want);
});

test.each([
  ['NODATA of DS at the island', 'island.test.', 'DS', 'nodata secure'],
  ['NXDOMAIN in the island', 'none.island.test.', 'A', 'nxdomain secure'],
])('with an island, %s', async (_title, name, type, want) => {
  expect(said(await makeBench(world, { settings: { anchors: [root, island] } }).ask(name, type))).toBe(want);
});

const negative = (zone: string, until = NOW + 1000) => ({ zone: parseName(zone), reason: 'broken', until });

test.each<[string, ReturnType<typeof negative>[], ResolverSettings['anchors'], string, string]>([
  ['the bogus zone', [negative('bogus.test.')], [root], 'www.bogus.test.', 'answer insecure negative-trust-anchor'],
  ['a denial there', [negative('bogus.test.')], [root], 'none.bogus.test.', 'nxdomain insecure negative-trust-anchor'],
  ['the zone above', [negative('test.')], [root], 'www.bogus.test.', 'answer insecure negative-trust-anchor'],
  ['the zone beside', [negative('secure.test.')], [root], 'www.bogus.test.', 'answer bogus dnskey-missing'],
  ['a name that ends alike', [negative('s.test.')], [root], 'www.bogus.test.', 'answer bogus dnskey-missing'],
  ['one that is over', [negative('bogus.test.', NOW)], [root], 'www.bogus.test.', 'answer bogus dnskey-missing'],
  [
    'a positive anchor below a negative one stands (RFC 7646 §2)',
    [negative('test.')],
    [root, anchorOf(world.zone('secure.test.'))],
    'www.secure.test.',
    'answer secure',
  ],
  [
    'a negative anchor at the place of a positive one',
    [negative('secure.test.')],
    [root, anchorOf(world.zone('secure.test.'))],
    'www.secure.test.',
    'answer insecure negative-trust-anchor',
  ],
])('negative trust anchor: %s', async (_title, negativeTrustAnchors, anchors, name, want) => {
  expect(said(await makeBench(world, { settings: { anchors, negativeTrustAnchors } }).ask(name))).toBe(want);
});

test("the DS RRset of a zone with a negative trust anchor is still the parent's", async () => {
  const bench = makeBench(world, { settings: { negativeTrustAnchors: [negative('bogus.test.')] } });
  expect(said(await bench.ask('bogus.test.', 'DS'))).toBe('answer secure');
});

test('a negative trust anchor that ends while its data is cached does not outlive itself', async () => {
  const bench = makeBench(world, { settings: { negativeTrustAnchors: [negative('bogus.test.', NOW + 100)] } });
  expect(stateOf(await bench.ask('www.bogus.test.'))).toBe('insecure');
  bench.clock.now += 101;
  expect(stateOf(await bench.ask('www.bogus.test.'))).toBe('bogus');
});

test.each([
  ['a secure zone', 'www.secure.test.', 'answer insecure validation-disabled'],
  ['a bogus zone', 'www.bogus.test.', 'answer insecure validation-disabled'],
  ['a denial', 'none.three.test.', 'nxdomain insecure validation-disabled'],
])('validation off: %s', async (_title, name, want) => {
  const bench = makeBench(world, { settings: { validation: false } });
  expect(said(await bench.ask(name))).toBe(want);
  expect(bench.sent.some(({ type }) => type === 'DNSKEY' || type === 'DS')).toBe(false);
});

/** A recursive server that knows it all. */
const RECURSIVE = '192.0.2.99';
const server = { address: RECURSIVE, port: 53 };

/** As the world, with a server that has all zones and says RA. */
function forwarding() {
  const texts = healthyZones.map((text) => ({ ...text }));
  const made = makeWorld(texts);
  (made.servers as Map<string, unknown>).set(RECURSIVE, [made.zone('secure.test.'), made.zone('test.'), made.zone('.')]);
  return made;
}

const asResolver: Behaviour = at([RECURSIVE], (reply) => ({ ...reply, authoritative: false, recursionAvailable: true }));
const forwarded = forwarding();

test.each([
  ['forward', 'www.secure.test.', 'answer secure'],
  ['forward', 'none.secure.test.', 'nxdomain secure'],
  ['forward', 'www.secure.test. MX', 'nodata secure'],
] as const)('%s of the root: %s', async (_how, question, want) => {
  const [name = '', type = 'A'] = question.split(' ');
  const settings = { forward: [{ zone: parseName('.'), servers: [server], first: false, validate: true }] };
  const bench = makeBench(forwarded, { behaviours: [asResolver], settings });
  expect(said(await bench.ask(name, type))).toBe(want);
  expect(bench.sent.every(({ address, recursive: rd }) => address === RECURSIVE && rd)).toBe(true);
});

test('forward of one zone: others are recursed for', async () => {
  const settings = { forward: [{ zone: parseName('secure.test.'), servers: [server], first: false, validate: true }] };
  const bench = makeBench(forwarded, { behaviours: [asResolver], settings });
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  expect(said(await bench.ask('www.three.test.'))).toBe('answer secure');
  expect(bench.sent.filter(({ address }) => address === RECURSIVE).every(({ name }) => name.endsWith('secure.test.'))).toBe(true);
  expect(bench.sent.filter(({ address }) => address !== RECURSIVE).every(({ recursive: rd }) => !rd)).toBe(true);
});

test.each([
  ['silent', silent],
  ['failing', rcode(2)],
  ['refusing', rcode(5)],
] as const)('a %s forwarder: indeterminate without `first`, recursion with it', async (_title, behaviour) => {
  for (const first of [false, true]) {
    const settings = { forward: [{ zone: parseName('.'), servers: [server], first, validate: true }] };
    const bench = makeBench(forwarded, { behaviours: [at([RECURSIVE], behaviour)], settings });
    expect(said(await bench.ask('www.secure.test.'))).toMatch(first ? /^answer secure$/ : /indeterminate/);
    if (!first) expect(bench.sent.every(({ address }) => address === RECURSIVE)).toBe(true);
  }
});

test('a forwarder that lies about a signed zone is found out', async () => {
  const lie = at([RECURSIVE], (reply) => ({
    ...reply,
    answer: reply.answer.map((r) => (r.type === 1 ? { ...r, rdata: [Uint8Array.of(6, 6, 6, 6)] } : r)),
  }));
  const settings = { forward: [{ zone: parseName('.'), servers: [server], first: false, validate: true }] };
  expect(said(await makeBench(forwarded, { behaviours: [asResolver, lie], settings }).ask('www.secure.test.'))).toBe(
    'answer bogus signature-wrong',
  );
});

test('stub: the servers named are asked without RD, and may be anywhere', async () => {
  const settings = { stub: [{ zone: parseName('secure.test.'), servers: [server], first: false, validate: true }], mayQuery: () => true };
  const bench = makeBench(forwarded, { settings });
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  const asked = bench.sent.filter(({ name }) => name.endsWith('www.secure.test.'));
  expect(asked.every(({ address, recursive: rd }) => address === RECURSIVE && !rd)).toBe(true);
});

test('stub with `first`: recursion takes over', async () => {
  for (const first of [false, true]) {
    const settings = { stub: [{ zone: parseName('secure.test.'), servers: [server], first, validate: true }] };
    const bench = makeBench(forwarded, { behaviours: [at([RECURSIVE], silent)], settings });
    expect(said(await bench.ask('www.secure.test.'))).toMatch(first ? /^answer secure$/ : /indeterminate/);
  }
});

test('a stub of the root replaces the hints', async () => {
  const settings = {
    stub: [{ zone: parseName('.'), servers: [{ address: ROOT_AT[1] as string, port: 53 }], first: false, validate: true }],
  };
  const bench = makeBench(world, { settings });
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  expect(bench.sent.some(({ address }) => address === ROOT_AT[0])).toBe(false);
});

test('prepare: ready once the keys of the anchors validated, with reasons where not', async () => {
  const good = makeBench(world);
  expect(good.resolver.readiness().ready).toBe(false);
  expect(await good.resolver.prepare()).toEqual({ ready: true, reasons: [] });
  const bad = makeBench(world, { settings: { anchors: [wrong] } });
  expect((await bad.resolver.prepare()).ready).toBe(false);
  expect(bad.resolver.readiness().reasons.length).toBe(1);
  const cut = makeBench(world, { behaviours: [silent] });
  expect((await cut.resolver.prepare()).ready).toBe(false);
  cut.behave();
  cut.clock.now += 61;
  expect((await cut.resolver.prepare()).ready).toBe(true);
});

test('priming asks the hints once, and what it finds serves', async () => {
  const bench = makeBench(world, { settings: { priming: true } });
  await bench.resolver.prepare();
  const primed = bench.sent.filter(({ name, type }) => name === '.' && type === 'NS');
  expect(primed.length).toBe(1);
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  expect(dataOf(await bench.ask('www.secure.test.'))).toEqual(['www.secure.test. A 0a000001']);
  expect(LEAF_AT).toContain(bench.sent.at(-1)?.address);
});

test.each(['forward', 'stub'] as const)(
  'a %s zone without validation is insecure, whatever its signatures; the zone beside it is judged',
  async (how) => {
    const zone = { zone: parseName('secure.test.'), servers: [server], first: false, validate: false };
    const unlikeSigned = rewrite((rrset) => ({ ...rrset, signatures: rrset.signatures.map(flip) }));
    const behaviours = [...(how === 'forward' ? [asResolver] : []), at([RECURSIVE], unlikeSigned)];
    const bench = makeBench(forwarded, { behaviours, settings: { [how]: [zone] } });
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer insecure validation-disabled');
    expect(said(await bench.ask('none.secure.test.'))).toBe('nxdomain insecure validation-disabled');
    expect(said(await bench.ask('www.three.test.'))).toBe('answer secure');
    const judged = makeBench(forwarded, { behaviours, settings: { [how]: [{ ...zone, validate: true }] } });
    expect(said(await judged.ask('www.secure.test.'))).toMatch(/^answer bogus/);
  },
);

test('a trust anchor below a zone without validation stands', async () => {
  const zone = { zone: parseName('test.'), servers: [server], first: false, validate: false };
  const settings = { stub: [zone], anchors: [root, anchorOf(forwarded.zone('secure.test.'))] };
  const bench = makeBench(forwarded, { settings });
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  expect(said(await bench.ask('www.three.test.'))).toBe('answer insecure validation-disabled');
});

test('a negative trust anchor is lifted once its zone validates, at most a look each 300 s, and only when asked (RFC 7646 §2)', async () => {
  const lifted: string[] = [];
  const broken = at(
    LEAF_AT,
    rewrite((rrset) => ({ ...rrset, signatures: rrset.signatures.map(flip) })),
  );
  const bench = makeBench(world, {
    behaviours: [broken],
    settings: { negativeTrustAnchors: [negative('secure.test.', NOW + 100_000)] },
    onNegativeAnchorLifted: ({ zone }) => lifted.push(formatName(zone)),
  });
  const looks = () => bench.sent.filter(({ name, type }) => name === 'secure.test.' && type === 'SOA').length;
  const ask = async (now: number) => {
    bench.clock.now = now;
    const answer = said(await bench.ask('www.secure.test.'));
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    return answer;
  };
  const insecure = 'answer insecure negative-trust-anchor';
  expect(await ask(NOW)).toBe(insecure);
  const atFirst = looks();
  expect(atFirst, 'looked at once it was used').toBeGreaterThan(0);
  expect(await ask(NOW + 200)).toBe(insecure);
  expect(looks(), 'not sooner than 300 s').toBe(atFirst);
  bench.behave();
  expect(await ask(NOW + 301)).toBe(insecure);
  expect(lifted).toEqual(['secure.test.']);
  expect(await ask(NOW + 602), 'what was kept of it ends within 300 s').toBe('answer secure');
  bench.behave(broken);
  expect(await ask(NOW + 9_000), 'broken anew, it is bogus: nothing puts the anchor back').toMatch(/^answer bogus/);
});
