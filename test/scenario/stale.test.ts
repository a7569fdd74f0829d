/** Stale answers (RFC 8767): given where nobody can be reached who knows, and at no other time. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { typeNumber } from '../vectors/read-records.ts';
import { NOW } from '../vectors/signed-zone.ts';
import { rrset } from './rrset.ts';
import {
  at,
  type Behaviour,
  type Bench,
  type BenchOptions,
  dataOf,
  flip,
  makeBench,
  makeWorld,
  on,
  rcode,
  rewrite,
  said,
  servfail,
  silent,
  type World,
} from './world.ts';
import type { ZoneText } from './zone.ts';

const LEAF = '192.0.2.21';
const DAY = 86_400;

const records = [
  'www A 10.0.0.1',
  'mail A 10.0.0.2',
  'alias CNAME www.leaf.',
  'brief 60 CNAME www.leaf.',
  '*.wild A 10.0.0.3',
  'old DNAME www.leaf.',
  '_25._tcp.mail TXT 3 1 1',
];

function worldOf(leaf: Partial<ZoneText> = {}, before?: World): World {
  const like = (apex: string) => (before ? { like: before.zone(apex) } : {});
  return makeWorld([
    { apex: '.', at: ['192.0.2.1'], ...like('.') },
    { apex: 'leaf.', at: [LEAF], ttl: 600, records, ...like('leaf.'), ...leaf },
  ]);
}

/** The same zones with the same keys and other data. */
const home = worldOf();
const later = (leaf: Partial<ZoneText>, before = home): World => worldOf(leaf, before);

const benchOf = (world = home, options: BenchOptions = {}): Bench =>
  makeBench(world, { ...options, settings: { maxStale: DAY, ...options.settings } });

function askAsClient({ resolver }: Bench, name: string, type = 'A'): Promise<Resolution> {
  return resolver.resolve({ qname: parseName(name), qtype: typeNumber(type), qclass: 1 }, { acceptsStale: true });
}

/** Kind, state, and whether it is stale. */
const told = (result: Resolution): string => `${said(result)}${result.isStale ? ' stale' : ''}`;

const out = at([LEAF], silent);
const signaturesSpoilt = rewrite((r) => ({ ...r, signatures: r.signatures.map(flip) }));
const lame: Behaviour = () => ({ rcode: 0, authoritative: false, answer: [], authority: [rrset('.', 'NS', ['a.'])], additional: [] });

/** Asks, waits until all has expired, asks as a client again under this behaviour. */
async function askAgain(bench: Bench, behaviour: Behaviour, name: string, type = 'A', seconds = 700): Promise<Resolution> {
  await askAsClient(bench, name, type);
  bench.clock.now += seconds;
  bench.behave(behaviour);
  return askAsClient(bench, name, type);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('where nobody can be reached who knows, what was known is given', () => {
  test.each<[string, Behaviour]>([
    ['silent', silent],
    ['failing', servfail],
    ['refusing', rcode(5)],
    ['lame', lame],
  ])('servers that are %s', async (_title, behaviour) => {
    const result = await askAgain(benchOf(), at([LEAF], behaviour), 'www.leaf.');
    expect(told(result)).toBe('answer secure stale');
    expect(dataOf(result)).toEqual(['www.leaf. A 0a000001']);
    expect(result.answer[0]?.signatures.length, 'with its proof').toBe(1);
    expect([result.answer[0]?.ttl, result.expires, result.cached]).toEqual([30, NOW + 730, true]);
  });

  test.each<[string, string, Partial<ZoneText>, string]>([
    ['alias.leaf.', 'A', {}, 'answer secure stale'],
    ['none.leaf.', 'A', {}, 'nxdomain secure stale'],
    ['www.leaf.', 'MX', {}, 'nodata secure stale'],
    ['x.wild.leaf.', 'A', {}, 'answer secure stale'],
    ['none.leaf.', 'A', { signing: 'nsec3' }, 'nxdomain secure stale'],
    ['www.leaf.', 'A', { signing: 'unsigned' }, 'answer insecure unsigned-delegation stale'],
    ['none.leaf.', 'A', { signing: 'unsigned' }, 'nxdomain insecure unsigned-delegation stale'],
  ])('%s %s %o: %s', async (name, type, leaf, want) => {
    const result = await askAgain(benchOf(worldOf(leaf)), out, name, type);
    expect(told(result)).toBe(want);
    expect([...result.answer, ...result.authority].map(({ ttl }) => ttl)).toEqual([...result.answer, ...result.authority].map(() => 30));
    if (result.kind !== 'answer') expect(result.authority.length).toBeGreaterThan(0);
  });

  test('CVE-2022-3080, CVE-2025-40777: a chain of aliases, all of it stale', async () => {
    const bench = benchOf(worldOf({ records: ['www A 10.0.0.1', 'alias CNAME www.leaf.', 'two CNAME alias.leaf.'] }));
    const result = await askAgain(bench, out, 'two.leaf.');
    expect([told(result), result.aliases.length]).toEqual(['answer secure stale', 2]);
  });

  test('an alias that is fresh leads to a stale answer', async () => {
    const bench = benchOf(worldOf({ records: ['www 60 A 10.0.0.1', 'alias 900 CNAME www.leaf.'] }));
    const result = await askAgain(bench, out, 'alias.leaf.', 'A', 100);
    expect(told(result)).toBe('answer secure stale');
    expect(result.answer.map(({ ttl }) => ttl)).toEqual([800, 30]);
  });

  test.each([
    ['a second before', DAY - 1, 'answer secure stale', 1],
    ['once', DAY, 'failure indeterminate servers-unreachable', undefined],
  ])('%s the longest age is over', async (_title, late, want, ttl) => {
    const bench = benchOf(worldOf({ sign: { expiration: NOW + 10 * DAY } }), { now: NOW });
    const result = await askAgain(bench, out, 'www.leaf.', 'A', 600 + late);
    expect([told(result), result.answer[0]?.ttl]).toEqual([want, ttl]);
  });
});

describe('nothing stale', () => {
  const failed = 'failure indeterminate servers-unreachable';

  test('unless the operator wants it', async () => {
    expect(told(await askAgain(benchOf(home, { settings: { maxStale: 0 } }), out, 'www.leaf.'))).toBe(failed);
  });

  test('for who does not ask for it, be it within the half minute', async () => {
    const bench = benchOf();
    expect(told(await askAgain(bench, out, 'www.leaf.'))).toBe('answer secure stale');
    expect(told(await bench.ask('www.leaf.'))).toBe(failed);
  });

  test('for the DANE check', async () => {
    const bench = benchOf(worldOf({ records: [...records, '@ MX 10 mail.leaf.'] }));
    const check = createDaneCheck({ resolver: bench.resolver, now: () => bench.clock.now });
    expect((await check(parseName('leaf.'))).mx).toMatchObject({ status: 'secure' });
    bench.clock.now += 700;
    bench.behave(out);
    expect(told(await askAsClient(bench, 'leaf.', 'MX')), 'there is something stale').toBe('answer secure stale');
    expect((await check(parseName('leaf.'))).mx).toMatchObject({ status: 'indeterminate' });
  });

  test('while servers answer', async () => {
    expect(told(await askAgain(benchOf(), () => undefined, 'www.leaf.'))).toBe('answer secure');
  });

  test.each(['NS', 'DNSKEY', 'DS', 'RRSIG', 'ANY'])('of %s (RRSIG: CVE-2022-3736)', async (type) => {
    const bench = benchOf();
    const silence = type === 'DS' ? at(['192.0.2.1'], silent) : out;
    const result = await askAgain(bench, silence, 'leaf.', type, 4_000);
    expect(told(result)).toBe(failed);
  });

  test.each<[string, Behaviour, string]>([
    ['bogus', on('www.leaf.', 'A', signaturesSpoilt), 'answer bogus signature-wrong'],
    [
      'an unsigned answer',
      on(
        'www.leaf.',
        'A',
        rewrite((r) => ({ ...r, signatures: [] })),
      ),
      'answer bogus signature-missing',
    ],
    ['an answer whose keys cannot be had', on('leaf.', 'DNSKEY', silent), 'answer indeterminate servers-unreachable'],
  ])('where the refresh is %s', async (_title, behaviour, want) => {
    expect(told(await askAgain(benchOf(), behaviour, 'www.leaf.', 'A', 4_000))).toBe(want);
  });

  test('after a bogus refresh, though the servers are silent since', async () => {
    const bench = benchOf();
    await askAgain(bench, on('www.leaf.', 'A', signaturesSpoilt), 'www.leaf.');
    bench.behave(out);
    bench.clock.now += 100;
    expect(told(await askAsClient(bench, 'www.leaf.'))).toBe(failed);
  });

  test('after one bogus server of which the others are silent', async () => {
    const world = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: [LEAF, '192.0.2.22'], ttl: 600, records },
    ]);
    let first: string | undefined;
    const oneAnswers: Behaviour = (reply, query) => {
      if (query.server.address === '192.0.2.1') return undefined;
      first ??= query.server.address;
      return query.server.address === first ? signaturesSpoilt(reply, query) : silent(reply, query);
    };
    const bench = benchOf(world);
    expect(told(await askAgain(bench, oneAnswers, 'www.leaf.'))).toBe('answer bogus signature-wrong');
  });

  test('where a limit ended the refresh', async () => {
    const endless = on('www.leaf.', 'A', (reply) => ({ ...reply, octets: 3_000_000 }));
    const result = await askAgain(benchOf(), endless, 'www.leaf.');
    expect(told(result)).toBe('failure indeterminate limit-spent');
  });

  test.each<[string, Partial<ZoneText>, string, string]>([
    ['data', {}, 'www.leaf.', 'A'],
    ['an alias, for it must not become an insecure one', {}, 'alias.leaf.', 'A'],
    ['another type', {}, '_25._tcp.mail.leaf.', 'TXT'],
    ['a denial', {}, 'none.leaf.', 'A'],
    ['the proof of a wildcard', {}, 'x.wild.leaf.', 'A'],
  ])('that was secure once a signature of it has ended: %s', async (_title, leaf, name, type) => {
    const bench = benchOf(worldOf({ ...leaf, sign: { expiration: NOW + 1_000 } }));
    expect(told(await askAgain(bench, out, name, type, 980))).toMatch(/secure stale$/);
    expect((await askAsClient(bench, name, type)).expires, 'the signature ends').toBe(NOW + 1_000);
    bench.clock.now = NOW + 1_000;
    expect(told(await askAsClient(bench, name, type))).toBe(failed);
  });

  test('where the signature of a proof alone has ended', async () => {
    const bench = benchOf();
    const proofs = (await makeBench(later({ sign: { expiration: NOW + 1_000 } })).ask('x.wild.leaf.')).authority;
    bench.behave(on('x.wild.leaf.', 'A', (reply) => ({ ...reply, authority: proofs })));
    const usual = await askAsClient(bench, 'x.wild.leaf.');
    expect(told(usual)).toBe('answer secure');
    bench.behave(out);
    bench.clock.now += 900;
    expect(told(await askAsClient(bench, 'x.wild.leaf.'))).toBe('answer secure stale');
    bench.clock.now = NOW + 1_001;
    expect(told(await askAsClient(bench, 'x.wild.leaf.'))).toBe(failed);
  });

  test('that only a negative trust anchor let pass', async () => {
    const negativeTrustAnchors = [{ zone: parseName('leaf.'), reason: '', until: NOW + 5_000 }];
    const bench = benchOf(home, { settings: { negativeTrustAnchors } });
    expect(told(await askAgain(bench, out, 'www.leaf.', 'A', 5_001))).toBe(failed);
  });

  test('after a step of the clock into the past', async () => {
    const bench = benchOf();
    await askAsClient(bench, 'www.leaf.');
    bench.behave(out);
    bench.clock.now -= 2 * DAY;
    expect(told(await askAsClient(bench, 'www.leaf.'))).not.toMatch(/stale/);
  });
});

describe('of what was learned of a name the newest counts', () => {
  const gone: World = later({ records: ['mail A 10.0.0.2'] });
  const empty: World = later({ records: ['www TXT here'] });
  const moved: World = later({ records: ['www CNAME mail.leaf.', 'mail A 10.0.0.2'] });

  test.each<[string, World, string, string, string]>([
    ['NXDOMAIN', gone, 'www.leaf.', 'A', 'nxdomain secure stale'],
    ['NODATA', empty, 'www.leaf.', 'A', 'nodata secure stale'],
    ['a CNAME', moved, 'www.leaf.', 'A', 'answer secure stale'],
    ['NXDOMAIN, of the alias', gone, 'alias.leaf.', 'A', 'nxdomain secure stale'],
  ])('%s after data', async (_title, next, name, type, want) => {
    const bench = benchOf();
    await askAsClient(bench, name, type);
    bench.moveTo(next);
    bench.clock.now += 601;
    const between = await askAsClient(bench, name, type);
    expect(told(between)).toBe(want.replace(' stale', ''));
    bench.behave(out);
    bench.clock.now += 700;
    const result = await askAsClient(bench, name, type);
    expect([told(result), dataOf(result)]).toEqual([want, dataOf(between)]);
  });

  test('data after NXDOMAIN', async () => {
    const bench = benchOf(gone);
    await askAsClient(bench, 'www.leaf.');
    bench.moveTo(home);
    bench.clock.now += 601;
    await askAsClient(bench, 'www.leaf.');
    bench.behave(out);
    bench.clock.now += 601;
    expect(dataOf(await askAsClient(bench, 'www.leaf.'))).toEqual(['www.leaf. A 0a000001']);
  });

  test('NXDOMAIN learned by another type ends the data of all', async () => {
    const bench = benchOf();
    await askAsClient(bench, 'www.leaf.');
    bench.moveTo(gone);
    bench.clock.now += 601;
    await askAsClient(bench, 'www.leaf.', 'MX');
    bench.behave(out);
    bench.clock.now += 700;
    expect(told(await askAsClient(bench, 'www.leaf.'))).toBe('nxdomain secure stale');
  });

  test.each(['nsec', 'unsigned'] as const)('NXDOMAIN of a name above ends what was below it (%s)', async (signing) => {
    const before = worldOf({ signing, records: ['a.sub A 10.0.0.1'] });
    const bench = benchOf(before);
    await askAsClient(bench, 'a.sub.leaf.');
    bench.moveTo(later({ signing, records: [] }, before));
    bench.clock.now += 601;
    await askAsClient(bench, 'sub.leaf.');
    bench.behave(out);
    bench.clock.now += 700;
    expect(told(await askAsClient(bench, 'a.sub.leaf.'))).toBe('failure indeterminate servers-unreachable');
  });

  test('a DNAME above ends what was below it', async () => {
    const bench = benchOf(later({ records: ['a.sub A 10.0.0.1'] }));
    await askAsClient(bench, 'a.sub.leaf.');
    bench.moveTo(later({ records: ['sub DNAME new.leaf.', 'a.new A 10.0.0.2', 'b.new A 10.0.0.2'] }));
    bench.clock.now += 601;
    await askAsClient(bench, 'b.sub.leaf.');
    bench.behave(out);
    bench.clock.now += 700;
    expect(told(await askAsClient(bench, 'a.sub.leaf.'))).toBe('failure indeterminate servers-unreachable');
  });

  test('an answer with a TTL of 0 leaves nothing older behind', async () => {
    const bench = benchOf();
    await askAsClient(bench, 'www.leaf.');
    bench.moveTo(later({ records: ['www 0 A 10.0.0.9'] }));
    bench.clock.now += 601;
    expect(dataOf(await askAsClient(bench, 'www.leaf.'))).toEqual(['www.leaf. A 0a000009']);
    bench.behave(out);
    bench.clock.now += 601;
    expect(told(await askAsClient(bench, 'www.leaf.'))).toBe('failure indeterminate servers-unreachable');
  });

  test('a denial made of what the cache proves counts too', async () => {
    const bench = benchOf();
    await askAsClient(bench, 'www.leaf.');
    bench.moveTo(gone);
    bench.clock.now += 601;
    await askAsClient(bench, 'wwx.leaf.');
    expect((await askAsClient(bench, 'www.leaf.')).isSynthesised).toBe(true);
    bench.behave(out);
    bench.clock.now += 700;
    expect(told(await askAsClient(bench, 'www.leaf.'))).toBe('failure indeterminate servers-unreachable');
  });
});

describe('ghost domains', () => {
  test('stale answers prolong no delegation', async () => {
    const world = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'ghost.', at: [LEAF], ttl: 600, records: ['www A 6.6.6.6', 'new A 6.6.6.6'], signing: 'unsigned' },
    ]);
    const bench = benchOf(world);
    await askAsClient(bench, 'www.ghost.');
    await askAsClient(bench, 'ghost.', 'NS');
    bench.behave(at(['192.0.2.1'], silent));
    let asked = 0;
    for (let late = 0; late < 3 * DAY; late += 1_800) {
      bench.clock.now += 1_800;
      await askAsClient(bench, 'ghost.', 'NS');
      await askAsClient(bench, 'www.ghost.');
      const fresh = await askAsClient(bench, 'new.ghost.');
      if (fresh.kind === 'answer' && !fresh.isStale) asked = late;
    }
    expect(asked, 'the TTL of the delegation').toBeLessThanOrEqual(3_600);
    expect(told(await askAsClient(bench, 'www.ghost.'))).toMatch(/^failure/);
  });
});

describe('a name that could not be refreshed is left alone', () => {
  test('for 30 s', async () => {
    const bench = benchOf();
    await askAgain(bench, out, 'www.leaf.');
    const sent = bench.sent.length;
    bench.clock.now += 29;
    expect(told(await askAsClient(bench, 'www.leaf.'))).toBe('answer secure stale');
    expect(bench.sent.length, 'no attempt').toBe(sent);
    bench.clock.now += 1;
    bench.behave();
    expect(told(await askAsClient(bench, 'www.leaf.'))).toBe('answer secure');
    expect(bench.sent.length).toBeGreaterThan(sent);
  });

  test('which says nothing of its neighbours', async () => {
    const bench = benchOf();
    await askAsClient(bench, 'mail.leaf.');
    await askAgain(bench, out, 'www.leaf.');
    bench.behave();
    expect(told(await askAsClient(bench, 'mail.leaf.'))).toBe('answer secure');
  });
});

describe('a client that waits', () => {
  /** The leaf's servers answer when told to. */
  function slow() {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    return { gate, release };
  }

  test('has the stale answer after 1.8 s, the refresh goes on and counts', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { gate, release } = slow();
    const bench = benchOf(home, { delay: ({ server }) => (server.address === LEAF && bench.clock.now > NOW ? gate : undefined) });
    await askAsClient(bench, 'www.leaf.');
    bench.clock.now += 700;
    let answered: Resolution | undefined;
    const asking = askAsClient(bench, 'www.leaf.').then((result) => {
      answered = result;
    });
    await vi.advanceTimersByTimeAsync(1_799);
    expect(answered).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await asking;
    expect(answered && told(answered)).toBe('answer secure stale');
    release();
    await vi.advanceTimersByTimeAsync(0);
    const sent = bench.sent.length;
    expect(told(await askAsClient(bench, 'www.leaf.'))).toBe('answer secure');
    expect(bench.sent.length, 'the refresh was kept').toBe(sent);
  });

  test('where there is nothing stale waits on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { gate, release } = slow();
    const bench = benchOf(home, { delay: ({ server }) => (server.address === LEAF ? gate : undefined) });
    const asking = askAsClient(bench, 'www.leaf.');
    await vi.advanceTimersByTimeAsync(5_000);
    release();
    expect(told(await asking)).toBe('answer secure');
  });
});
