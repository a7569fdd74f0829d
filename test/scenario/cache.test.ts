/** What is kept, for how long, and what a clock or a revoked delegation does to it. */

import { describe, expect, test } from 'vitest';
import { Type } from '../../src/base/registry.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { NOW } from '../vectors/signed-zone.ts';
import { healthyWorld, LEAF_AT } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { at, type Behaviour, dataOf, flip, makeBench, makeWorld, on, rewrite, said, servfail, silent, stateOf } from './world.ts';
import type { ZoneText } from './zone.ts';

const world = healthyWorld();

const ttls = ({ answer, authority }: Resolution): number[] => [...answer, ...authority].map(({ ttl }) => ttl);

describe('a second question', () => {
  test.each([
    ['www.secure.test.', 'A', 'secure'],
    ['two.secure.test.', 'A', 'secure'],
    ['none.three.test.', 'A', 'secure'],
    ['x.wild.three.test.', 'A', 'secure'],
    ['host.old.secure.test.', 'A', 'secure'],
    ['www.plain.test.', 'A', 'insecure'],
    ['www.plain.opt.', 'A', 'insecure'],
    ['plain.test.', 'DS', 'secure'],
    ['www.bogus.test.', 'A', 'bogus'],
  ])('%s %s is served from the cache: same verdict, same data, less TTL', async (name, type, state) => {
    const bench = makeBench(world);
    const first = await bench.ask(name, type);
    const sent = bench.sent.length;
    bench.clock.now += 20;
    const second = await bench.ask(name, type);
    expect(stateOf(first)).toBe(state);
    expect(second.validation).toEqual(first.validation);
    expect(second.lastValidation).toEqual(first.lastValidation);
    expect(dataOf(second)).toEqual(dataOf(first));
    expect(second.authority.map(({ owner, type: t }) => `${textOf(owner)} ${t}`)).toEqual(
      first.authority.map(({ owner, type: t }) => `${textOf(owner)} ${t}`),
    );
    expect(second.cached).toBe(true);
    expect(second.expires).toBe(first.expires);
    expect(bench.sent.length).toBe(sent);
    expect(ttls(second)).toEqual(ttls(first).map((ttl) => ttl - 20));
  });

  test('signatures and proofs are still there', async () => {
    const bench = makeBench(world);
    await bench.ask('x.wild.secure.test.');
    const second = await bench.ask('x.wild.secure.test.');
    expect([...second.answer, ...second.authority].every(({ signatures }) => signatures.length === 1)).toBe(true);
    expect(second.authority.map(({ type }) => type)).toEqual([Type.NSEC]);
  });

  test('the DS that came with a referral is judged before it is given', async () => {
    const bench = makeBench(world);
    await bench.ask('www.secure.test.');
    const sent = bench.sent.length;
    expect(said(await bench.ask('secure.test.', 'DS'))).toBe('answer secure');
    expect(bench.sent.length).toBe(sent);
  });

  test('an NXDOMAIN holds for every type at the name, with its verdict', async () => {
    const bench = makeBench(world);
    await bench.ask('none.secure.test.', 'A');
    const sent = bench.sent.length;
    expect(said(await bench.ask('none.secure.test.', 'MX'))).toBe('nxdomain secure');
    expect(bench.sent.length).toBe(sent);
  });

  test('equal questions at the same time share one walk', async () => {
    const alone = makeBench(world);
    await alone.ask('www.secure.test.');
    const bench = makeBench(world);
    const all = await Promise.all(Array.from({ length: 20 }, () => bench.ask('www.secure.test.')));
    expect(all.every((result) => said(result) === 'answer secure')).toBe(true);
    expect(bench.sent.length).toBe(alone.sent.length);
  });

  test('neighbours at the same time share delegations and keys', async () => {
    const bench = makeBench(world);
    await Promise.all(
      ['www.secure.test.', 'alias.secure.test.', 'none.secure.test.', 'x.wild.secure.test.'].map((name) => bench.ask(name)),
    );
    expect(bench.sent.filter(({ type }) => type === 'DNSKEY').length).toBe(3);
  });
});

const zone = (leaf: Partial<ZoneText>) =>
  makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'leaf.', at: LEAF_AT, records: ['www A 10.0.0.1', 'alias CNAME www.leaf.'], ...leaf },
  ]);

describe('TTLs', () => {
  test.each<[string, Partial<ZoneText>, Partial<Parameters<typeof makeBench>[1] & object>['settings'], number]>([
    ['as the record says', {}, {}, 3600],
    ['capped by the original TTL (RFC 4035 §5.3.3)', { sign: { originalTtl: 60 } }, {}, 60],
    ['capped by the end of the RRSIG', { sign: { expiration: NOW + 90 } }, {}, 90],
    ['capped by maxTtl', {}, { maxTtl: 100 }, 100],
    ['minTtl does not lift what is secure', { ttl: 5 }, { minTtl: 60 }, 5],
    ['minTtl lifts what is insecure', { ttl: 5, signing: 'unsigned' }, { minTtl: 60 }, 60],
    ['minTtl does not lift a TTL of 0', { ttl: 0, signing: 'unsigned' }, { minTtl: 60 }, 0],
  ])('%s', async (_title, leaf, settings, want) => {
    const bench = makeBench(zone(leaf), settings ? { settings } : {});
    const first = await bench.ask('www.leaf.');
    expect(first.answer[0]?.ttl).toBe(want);
    expect(first.expires).toBe(NOW + want);
    bench.clock.now += want - 1;
    expect((await bench.ask('www.leaf.')).cached).toBe(want > 1);
    bench.clock.now += 1;
    expect((await bench.ask('www.leaf.')).cached).toBe(false);
  });

  test('a denial lives by the least of SOA, its MINIMUM and NSEC (RFC 2308 §5, RFC 9077)', async () => {
    const bench = makeBench(world);
    expect((await bench.ask('none.secure.test.')).expires).toBe(NOW + 300);
  });

  test('a wildcard expansion lives no longer than the proof that it was due', async () => {
    const short = rewrite((r) => (r.type === Type.NSEC ? { ...r, ttl: 50 } : r));
    const bench = makeBench(world, { behaviours: [on('x.wild.secure.test.', 'A', short)] });
    expect((await bench.ask('x.wild.secure.test.')).expires).toBe(NOW + 50);
  });

  test('a chain of aliases lives as long as its shortest link', async () => {
    const bench = makeBench(zone({ records: ['www A 10.0.0.1', 'alias 30 CNAME www.leaf.'] }));
    expect((await bench.ask('alias.leaf.')).expires).toBe(NOW + 30);
  });

  test('a TTL of 0 is answered once and not kept', async () => {
    const bench = makeBench(zone({ ttl: 0 }));
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    expect((await bench.ask('www.leaf.')).cached).toBe(false);
  });
});

describe('bogus data', () => {
  const wrong = on(
    'www.leaf.',
    'A',
    rewrite((r) => (r.type === Type.A ? { ...r, signatures: r.signatures.map(flip) } : r)),
  );

  test('is kept 60 s at most, whatever its TTL, and then asked again', async () => {
    const bench = makeBench(zone({}), { behaviours: [wrong] });
    const first = await bench.ask('www.leaf.');
    expect(said(first)).toBe('answer bogus signature-wrong');
    expect(first.expires).toBeLessThanOrEqual(NOW + 60);
    expect(dataOf(first), 'kept for CD=1').toEqual(['www.leaf. A 0a000001']);
    bench.behave();
    bench.clock.now += 59;
    expect(said(await bench.ask('www.leaf.'))).toBe('answer bogus signature-wrong');
    bench.clock.now += 1;
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test('never takes the place of secure data', async () => {
    const bench = makeBench(zone({}));
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('secure');
    bench.behave(wrong);
    bench.clock.now += 3000;
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test('bogus keys are asked again after 60 s', async () => {
    const bench = makeBench(zone({}), {
      behaviours: [
        on(
          'leaf.',
          'DNSKEY',
          rewrite((r) => ({ ...r, signatures: r.signatures.map(flip) })),
        ),
      ],
    });
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('bogus');
    bench.behave();
    bench.clock.now += 60;
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test.each([
    ['data', 'two.leaf.', 'answer'],
    ['a denial', 'none.leaf.', 'nxdomain'],
  ])('%s that is bogus for the keys of its zone is asked again when these are', async (_title, name, kind) => {
    const badKeys = rewrite((r) => ({ ...r, signatures: r.signatures.map(flip) }));
    const bench = makeBench(zone({ records: ['two A 10.0.0.2'] }), { behaviours: [on('leaf.', 'DNSKEY', badKeys)] });
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('bogus');
    bench.behave();
    bench.clock.now += 59;
    expect(stateOf(await bench.ask(name))).toBe('bogus');
    bench.clock.now += 1;
    expect(said(await bench.ask(name))).toBe(`${kind} secure`);
  });

  test('of a TTL of 0 is remembered for a second, so that asking costs not four servers each time', async () => {
    const bench = makeBench(zone({ ttl: 0 }), { behaviours: [wrong] });
    await bench.ask('www.leaf.');
    const sent = bench.sent.length;
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('bogus');
    expect(bench.sent.length).toBe(sent);
  });
});

describe('a fetch that failed', () => {
  test.each([
    ['data', 'www.leaf.', 'A'],
    ['DNSKEY', 'leaf.', 'DNSKEY'],
    ['DNSKEY of the root', '.', 'DNSKEY'],
  ])('for %s: indeterminate, never kept as bogus, asked again soon (RFC 9520)', async (_title, name, type) => {
    for (const failing of [silent, servfail]) {
      const bench = makeBench(zone({}), { behaviours: [on(name, type, failing)] });
      expect(stateOf(await bench.ask('www.leaf.'))).toBe('indeterminate');
      const sent = bench.sent.length;
      await bench.ask('www.leaf.');
      expect(bench.sent.filter((one) => one.name === name && one.type === type).length, 'not asked again at once').toBe(
        bench.sent.slice(0, sent).filter((one) => one.name === name && one.type === type).length,
      );
      bench.behave();
      bench.clock.now += 3;
      expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    }
  });

  test('data that could not be judged is given as of this moment alone', async () => {
    const bench = makeBench(zone({}), { behaviours: [on('leaf.', 'DNSKEY', silent)] });
    const result = await bench.ask('www.leaf.');
    expect([result.kind, stateOf(result), result.expires]).toEqual(['answer', 'indeterminate', NOW]);
  });

  test('for DS, where the referral brought none: indeterminate', async () => {
    const bare = on('leaf.', 'DS', silent);
    const noProof = rewrite((r) => (r.type === Type.DS ? undefined : r));
    const bench = makeBench(zone({}), { behaviours: [bare, noProof] });
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('indeterminate');
    bench.behave();
    bench.clock.now += 61;
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });
});

describe('the clock', () => {
  test('forward: signatures that ended are not believed, cached or not', async () => {
    const bench = makeBench(zone({ sign: { expiration: NOW + 1000 } }));
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    bench.clock.now += 1001;
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('bogus');
  });

  test('forward: an old zone heals when the clock was wrong', async () => {
    const bench = makeBench(zone({}), { now: NOW + 10 * 86_400 });
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('bogus');
    bench.clock.now = NOW;
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test('backwards: nothing lives longer than its TTL', async () => {
    const bench = makeBench(zone({}));
    await bench.ask('www.leaf.');
    bench.clock.now -= 40_000;
    await bench.ask('alias.leaf.');
    bench.clock.now += 3599;
    expect((await bench.ask('www.leaf.')).expires).toBeLessThanOrEqual(bench.clock.now + 3600);
  });

  test('backwards: keys are fetched anew too', async () => {
    const bench = makeBench(zone({}));
    await bench.ask('www.leaf.');
    bench.clock.now -= 40_000;
    await bench.ask('other.leaf.');
    bench.clock.now += 4000;
    const sent = bench.sent.length;
    await bench.ask('another.leaf.');
    expect(bench.sent.slice(sent).filter(({ type }) => type === 'DNSKEY').length).toBeGreaterThan(0);
  });
});

describe('ghost domains: only the parent keeps a delegation alive', () => {
  const NEW_AT = '192.0.2.41';

  /** The zone moves to another server, with other data and keys; the old server goes on as before. */
  function moving() {
    const before = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'tld.', at: ['192.0.2.11'], ttl: 600 },
      {
        apex: 'ghost.tld.',
        at: ['192.0.2.21'],
        records: ['www 30 A 6.6.6.6', 'a 30 A 6.6.6.6', 'b 30 A 6.6.6.6'],
        ttl: 100_000,
        signing: 'unsigned',
      },
    ]);
    const after = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'tld.', at: ['192.0.2.11'], ttl: 600 },
      { apex: 'ghost.tld.', at: [NEW_AT], records: ['www 30 A 10.0.0.1', 'a 30 A 10.0.0.1'], signing: 'unsigned' },
    ]);
    return { before, after };
  }

  test('asking the old servers again and again does not prolong it', async () => {
    const { before } = moving();
    const bench = makeBench(before, { settings: { maxTtl: 200_000 } });
    const revoked: Behaviour = at(['192.0.2.11'], (reply, { question }) =>
      textOf(question.qname).endsWith('ghost.tld.') && question.qtype !== Type.DS
        ? { ...reply, rcode: 3, authority: [], additional: [] }
        : undefined,
    );
    expect(dataOf(await bench.ask('www.ghost.tld.'))).toEqual(['www.ghost.tld. A 06060606']);
    bench.behave(revoked);
    let alive = 0;
    for (let i = 0; i < 40; i++) {
      bench.clock.now += 60;
      for (const [name, type] of [
        ['ghost.tld.', 'NS'],
        ['ns1.ghost.tld.', 'A'],
        ['www.ghost.tld.', 'A'],
      ] as const)
        await bench.ask(name, type);
      if (dataOf(await bench.ask('a.ghost.tld.')).length > 0) alive = (i + 1) * 60;
    }
    expect(alive).toBeLessThanOrEqual(3600 + 60);
  });

  test('the new servers are asked when the TTL of the delegation is over, though the old ones still answer', async () => {
    const { before, after } = moving();
    const both: typeof after = { ...after, servers: new Map([...before.servers, ...after.servers]) };
    const bench = makeBench(before, { settings: { anchors: [] } });
    await bench.ask('www.ghost.tld.');
    bench.moveTo(both);
    bench.clock.now += 300;
    expect(dataOf(await bench.ask('www.ghost.tld.')), 'while it stands').toEqual(['www.ghost.tld. A 06060606']);
    bench.clock.now += 301;
    expect(dataOf(await bench.ask('www.ghost.tld.')), 'afterwards').toEqual(['www.ghost.tld. A 0a000001']);
  });

  test('NS that a zone gives of itself, in authority or answer, does not change whom we ask', async () => {
    const own = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: ['192.0.2.21'], records: ['www A 10.0.0.1', 'mail A 10.0.0.2'], signing: 'unsigned' },
    ]);
    const greedy: Behaviour = at(['192.0.2.21'], (reply) => ({
      ...reply,
      authority: [...reply.authority, rrset('leaf.', 'NS', ['ns.evil.'], 500_000)],
      additional: [rrset('ns.evil.', 'A', ['6.6.6.6'], 500_000), rrset('ns1.leaf.', 'A', ['6.6.6.6'], 500_000)],
    }));
    const bench = makeBench(own, { behaviours: [greedy] });
    for (const [name, type] of [
      ['www.leaf.', 'A'],
      ['leaf.', 'NS'],
      ['mail.leaf.', 'A'],
    ] as const)
      expect(stateOf(await bench.ask(name, type)), name).toBe('insecure');
    expect(bench.sent.some(({ address }) => address === '6.6.6.6')).toBe(false);
  });
});
