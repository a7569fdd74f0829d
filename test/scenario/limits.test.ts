/** What hostile zones can make us do is bounded, and their neighbours do not pay for it (KeyTrap, NSEC3, NXNSAttack, alias chains). */

import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, expect, test, vi } from 'vitest';
import { clientLimits } from '../../src/base/budget.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { healthyZones } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { at, type Behaviour, makeBench, makeWorld, on, rewrite, said, silent, stateOf } from './world.ts';

const EVIL_AT = ['192.0.2.66'];
const evil = (records: readonly string[], more = {}) =>
  makeWorld([...healthyZones, { apex: 'evil.test.', at: EVIL_AT, records: ['www A 10.0.0.66', ...records], ...more }]);

describe('NXNSAttack (CVE-2020-12662)', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => `ns${i}.victim.test.`);
  const world = makeWorld([...healthyZones, { apex: 'evil.test.', at: EVIL_AT }, { apex: 'victim.test.', at: ['192.0.2.77'] }]);
  const fan: Behaviour = at(EVIL_AT, (reply, { question }) =>
    question.qname.labels > 2
      ? { ...reply, rcode: 0, authoritative: false, answer: [], authority: [rrset('a.evil.test.', 'NS', hundred)] }
      : undefined,
  );

  test('a hundred glueless servers cost a few questions at the victim, and end indeterminate', async () => {
    const bench = makeBench(world, { behaviours: [fan] });
    expect(stateOf(await bench.ask('www.a.evil.test.'))).toBe('indeterminate');
    expect(bench.sent.filter(({ name }) => name.endsWith('victim.test.')).length).toBeLessThanOrEqual(20);
    expect(new Set(bench.sent.map(({ name }) => name).filter((name) => /^ns.*victim/.test(name))).size).toBeLessThanOrEqual(8);
    expect(bench.sent.length).toBeLessThan(60);
  });

  test('a neighbour at the same time gets its answer', async () => {
    const bench = makeBench(world, { behaviours: [fan] });
    const [, neighbour, victim] = await Promise.all([
      bench.ask('www.a.evil.test.'),
      bench.ask('www.secure.test.'),
      bench.ask('victim.test.', 'SOA'),
    ]);
    expect(said(neighbour as Awaited<typeof neighbour>)).toBe('answer secure');
    expect(said(victim as Awaited<typeof victim>)).toBe('answer secure');
  });

  test('glueless servers whose names lead to the next such fan end by depth or limits', async () => {
    const chained: Behaviour = at(EVIL_AT, (reply, { question }) => {
      const name = textOf(question.qname);
      const level = Number(/(\d+)\.evil\.test\.$/.exec(name)?.[1] ?? 0);
      if (question.qname.labels < 3) return undefined;
      const next = Array.from({ length: 16 }, (_, i) => `ns${i}.x${level + 1}.evil.test.`);
      return { ...reply, rcode: 0, authoritative: false, answer: [], authority: [rrset(`x${level}.evil.test.`, 'NS', next)] };
    });
    const bench = makeBench(world, { behaviours: [chained] });
    expect(stateOf(await bench.ask('www.x0.evil.test.'))).toBe('indeterminate');
    expect(bench.sent.length).toBeLessThanOrEqual(clientLimits.upstreamQueries);
  });
});

describe('a tree of delegations, each by servers that lie in a zone of their own (NXNSAttack)', () => {
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'evil.', at: EVIL_AT, signing: 'unsigned' },
  ]);
  function plant(width: number): Behaviour {
    let zones = 0;
    return at(EVIL_AT, (reply, { question }) => {
      const child = textOf(question.qname).split('.').at(-3);
      const servers = Array.from({ length: width }, () => `ns.z${++zones}.evil.`);
      return child
        ? { ...reply, rcode: 0, authoritative: false, answer: [], authority: [rrset(`${child}.evil.`, 'NS', servers)] }
        : undefined;
    });
  }

  test.each([
    [2, false],
    [8, false],
    [16, false],
    [8, true],
  ])('of %i servers each, IPv6 %s: few questions, and no more work than they are', async (width, ipv6) => {
    const bench = makeBench(world, { behaviours: [plant(width)], settings: { ipv6 } });
    const looks = vi.spyOn(performance, 'now');
    try {
      expect(said(await bench.ask('www.z0.evil.'))).toBe('failure indeterminate limit-spent');
      expect(bench.sent.length).toBeLessThanOrEqual(30);
      // Whoever works looks at the clock.
      expect(looks.mock.calls.length).toBeLessThan(500);
    } finally {
      looks.mockRestore();
    }
  });

  test('a zone of which seven servers have no address is found by the eighth, behind an alias too', async () => {
    const dead = Array.from({ length: 7 }, (_, i) => `ns${i}.nowhere.`);
    const broken = (apex: string, where: string, records: readonly string[]) =>
      ({ apex, at: [...Array.from({ length: 7 }, () => '192.0.2.99'), where], ns: [...dead, 'ns.host.'], records }) as const;
    const bench = makeBench(
      makeWorld([
        { apex: '.', at: ['192.0.2.1'] },
        { apex: 'nowhere.', at: ['192.0.2.41'] },
        { apex: 'host.', at: ['192.0.2.42'], records: ['ns A 192.0.2.43'] },
        broken('one.', '192.0.2.43', ['www CNAME www.two.']),
        broken('two.', '192.0.2.43', ['www A 10.0.0.1']),
      ]),
    );
    expect(said(await bench.ask('www.one.'))).toBe('answer secure');
  });
});

describe('delegations in a circle', () => {
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'one.', at: ['192.0.2.51'], ns: ['ns.two.'], records: ['ns A 192.0.2.52', 'www A 10.0.0.1'], signing: 'unsigned' },
    { apex: 'two.', at: ['192.0.2.52'], ns: ['ns.one.'], records: ['ns A 192.0.2.51'], signing: 'unsigned' },
    { apex: 'self.', at: ['192.0.2.53'], ns: ['ns.self.'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
    { apex: 'fine.', at: ['192.0.2.54'], records: ['www A 10.0.0.1'] },
  ]);

  test('two zones whose servers lie in each other without glue: indeterminate at once', async () => {
    const bench = makeBench(world);
    expect(stateOf(await bench.ask('www.one.'))).toBe('indeterminate');
    expect(bench.sent.length).toBeLessThan(30);
  });

  test('asked from both ends at the same time: neither hangs', async () => {
    const bench = makeBench(world);
    const [one, two] = await Promise.all([bench.ask('www.one.'), bench.ask('www.two.')]);
    expect([stateOf(one), stateOf(two)]).toEqual(['indeterminate', 'indeterminate']);
    expect(said(await bench.ask('www.fine.'))).toBe('answer secure');
  });

  test('a circle is nothing to remember: with the glue it needs, the zone is found at once', async () => {
    const bench = makeBench(world);
    await bench.ask('www.one.');
    const glue: Behaviour = at(['192.0.2.1'], (reply) =>
      reply.authority.some(({ type, owner }) => type === Type.NS && textOf(owner) === 'two.')
        ? { ...reply, additional: [rrset('ns.one.', 'A', ['192.0.2.52'])] }
        : undefined,
    );
    bench.behave(glue);
    bench.clock.now += 4000;
    expect(stateOf(await bench.ask('www.one.'))).not.toBe('bogus');
  });

  test('nor is a limit that it spent remembered as a failure of the name (rule 5)', async () => {
    const brief = makeWorld([
      { apex: '.', at: ['192.0.2.1'], ttl: 1 },
      { apex: 'one.', at: ['192.0.2.51'], ns: ['ns.two.'], records: ['ns A 192.0.2.52', 'www A 10.0.0.1'] },
      { apex: 'two.', at: ['192.0.2.52'], ns: ['ns.one.'], records: ['ns A 192.0.2.51'] },
    ]);
    const bench = makeBench(brief);
    expect(said(await bench.ask('www.one.'))).toBe('failure indeterminate limit-spent');
    const glue = (name: string, address: string): Behaviour =>
      at(['192.0.2.1'], (reply) => ({ ...reply, additional: [...reply.additional, rrset(name, 'A', [address])] }));
    bench.behave(glue('ns.two.', '192.0.2.51'), glue('ns.one.', '192.0.2.52'));
    bench.clock.now += 1; // the delegation is fetched anew; a failure would be remembered for two seconds
    expect(said(await bench.ask('www.one.'))).toBe('answer secure');
  });

  test('a circle with one way out: found from either end, and from both at once', async () => {
    const out = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'one.', at: ['192.0.2.51'], ns: ['ns.two.'], records: ['ns A 192.0.2.52', 'www A 10.0.0.1'] },
      { apex: 'two.', at: ['192.0.2.52', '192.0.2.53'], ns: ['ns.one.', 'ns2.two.'], records: ['ns A 192.0.2.51', 'www A 10.0.0.2'] },
    ]);
    for (const names of [
      ['www.one.'],
      ['www.two.'],
      ['ns.one.'],
      ['www.one.', 'www.two.'],
      ['www.two.', 'www.one.', 'ns.one.', 'ns.two.'],
    ]) {
      const bench = makeBench(out, { settings: { ipv6: false } });
      const results = await Promise.all(names.map((name) => bench.ask(name)));
      expect(results.map(said), names.join(' ')).toEqual(names.map(() => 'answer secure'));
    }
  });

  test('a zone whose server lies in itself, without glue', async () => {
    const bare = rewrite((r) => (textOf(r.owner) === 'ns.self.' ? undefined : r));
    const bench = makeBench(world, { behaviours: [at(['192.0.2.1'], bare)] });
    expect(stateOf(await bench.ask('www.self.'))).toBe('indeterminate');
    expect(bench.sent.length).toBeLessThan(20);
  });
});

describe('referrals without end', () => {
  test('each a label deeper: it ends', async () => {
    const world = evil([]);
    const deeper: Behaviour = at(EVIL_AT, (reply, { question }) => {
      const name = textOf(question.qname);
      return {
        ...reply,
        rcode: 0,
        authoritative: false,
        answer: [],
        authority: [rrset(name, 'NS', ['ns.evil.test.'])],
        additional: [rrset('ns.evil.test.', 'A', EVIL_AT)],
      };
    });
    const bench = makeBench(world, { behaviours: [deeper] });
    expect(stateOf(await bench.ask(`${'a.'.repeat(100)}evil.test.`))).toBe('indeterminate');
    expect(bench.sent.length).toBeLessThan(100);
  });
});

describe('aliases', () => {
  const links = (count: number) =>
    Array.from({ length: count }, (_, i) => `c${i} CNAME ${i + 1 === count ? 'www' : `c${i + 1}`}.evil.test.`);

  test('a chain of 11 is followed, one of 12 ends indeterminate', async () => {
    const world = evil(links(12));
    expect(said(await makeBench(world).ask('c1.evil.test.'))).toBe('answer secure');
    expect(said(await makeBench(world).ask('c0.evil.test.'))).toBe('failure indeterminate limit-spent');
  });

  test.each([
    ['that exists', ['deep TXT text']],
    ['that holds nothing but them', []],
    ['that has an address', ['deep A 10.0.0.1']],
  ])('a chain below a name %s: that name is asked for once (RFC 9156)', async (_title, more) => {
    const below = Array.from({ length: 8 }, (_, i) => `c${i}.deep CNAME c${i + 1}.deep.evil.test.`);
    const bench = makeBench(evil([...more, ...below, 'c8.deep A 10.0.0.1']));
    expect(said(await bench.ask('c0.deep.evil.test.'))).toBe('answer secure');
    expect(bench.sent.filter(({ name }) => name === 'deep.evil.test.')).toHaveLength(1);
    const before = bench.sent.length;
    const own = await bench.ask('deep.evil.test.');
    expect(said(own)).toBe(`${more[0]?.includes(' A ') ? 'answer' : 'nodata'} secure`);
    expect(bench.sent.length).toBe(before);
  });

  test('a chain of 20 across two zones ends within limits', async () => {
    const across = Array.from({ length: 20 }, (_, i) => [`c${i} CNAME c${i}.evil2.test.`, `c${i} CNAME c${i + 1}.evil.test.`]);
    const world = makeWorld([
      ...healthyZones,
      { apex: 'evil.test.', at: EVIL_AT, records: across.map(([here]) => here as string) },
      { apex: 'evil2.test.', at: ['192.0.2.67'], records: across.map(([, there]) => there as string) },
    ]);
    const bench = makeBench(world);
    expect(said(await bench.ask('c0.evil.test.'))).toBe('failure indeterminate limit-spent');
    expect(bench.sent.length).toBeLessThan(60);
    expect(said(await bench.ask('c18.evil.test.')), 'a shorter way in').not.toContain('bogus');
  });

  test.each([
    ['itself', ['a CNAME a.evil.test.']],
    ['two', ['a CNAME b.evil.test.', 'b CNAME a.evil.test.']],
    ['three', ['a CNAME b.evil.test.', 'b CNAME c.evil.test.', 'c CNAME a.evil.test.']],
    ['a wildcard onto itself', ['*.w CNAME x.w.evil.test.', 'a CNAME y.w.evil.test.']],
    ['DNAME onto itself', ['d DNAME d.evil.test.', 'a CNAME x.d.evil.test.']],
    ['DNAME that grows', ['d DNAME x.d.evil.test.', 'a CNAME x.d.evil.test.']],
  ])('in a circle of %s: no data and no verdict, soon', async (_title, records) => {
    const bench = makeBench(evil(records));
    const result = await bench.ask('a.evil.test.');
    expect(stateOf(result)).toBe('indeterminate');
    expect(bench.sent.length).toBeLessThan(30);
  });
});

describe('KeyTrap (CVE-2023-50387)', () => {
  // Keys that share tag and algorithm: two octets moved keep the sum.
  const world = evil([]);
  const zone = world.zone('evil.test.');
  const twins: Uint8Array[] = [];
  for (let i = 1; i <= 60; i++) {
    const twin = Uint8Array.from(zone.signed.key.rdata);
    const [high, low] = [10, 12];
    twin[high] = ((twin[high] as number) + i) & 0xff;
    twin[low] = ((twin[low] as number) - i) & 0xff;
    if ((zone.signed.key.rdata[high] as number) + i <= 255 && (zone.signed.key.rdata[low] as number) - i >= 0) twins.push(twin);
  }
  const keys: RRset = {
    owner: zone.apex,
    type: Type.DNSKEY,
    class: 1,
    ttl: 3600,
    rdata: [...twins, zone.signed.key.rdata],
    signatures: [],
  };
  const manyKeys = on('evil.test.', 'DNSKEY', (reply) => ({ ...reply, answer: [zone.signed.sign(keys)] }));
  const manySignatures = rewrite((r) =>
    textOf(r.owner) === 'www.evil.test.'
      ? { ...r, signatures: Array.from({ length: 60 }, (_, i) => [...r.signatures].map((s) => twist(s, i))).flat() }
      : r,
  );

  function twist(signature: Uint8Array, by: number): Uint8Array {
    const twisted = Uint8Array.from(signature);
    twisted[twisted.length - 2] = ((twisted.at(-2) as number) + 1 + by) & 0xff;
    return twisted;
  }

  test('many signatures: 8 checks an RRset, and none of the neighbour', async () => {
    const bench = makeBench(world, { behaviours: [manyKeys, manySignatures] });
    const real = crypto.verify;
    const verify = vi.spyOn(crypto, 'verify').mockImplementation(real as never);
    syncBuiltinESMExports();
    try {
      const result = await bench.ask('www.evil.test.');
      expect(['bogus', 'indeterminate']).toContain(stateOf(result));
      // 4 keys of one tag are tried at each RRset, not 60, and no signature 60 times.
      expect(verify.mock.calls.length).toBeGreaterThan(0);
      expect(verify.mock.calls.length).toBeLessThanOrEqual(40);
    } finally {
      verify.mockRestore();
      syncBuiltinESMExports();
    }
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });

  test('many RRsets in one denial: the limit is no verdict, or the denial is bogus', async () => {
    const flood = Array.from({ length: 300 }, (_, i) => ({ ...rrset(`n${i}.evil.test.`, 'NSEC', ['o.evil.test. A']), signatures: [] }));
    const signed = flood.map((r) => zone.signed.sign(r, { corrupt: true }));
    const padded = on('none.evil.test.', 'A', (reply) => ({ ...reply, authority: [...signed, ...reply.authority] }));
    const bench = makeBench(world, { behaviours: [padded] });
    const result = await bench.ask('none.evil.test.');
    expect(['bogus', 'indeterminate']).toContain(stateOf(result));
    expect(said(await bench.ask('www.evil.test.'))).toBe('answer secure');
  });
});

describe('NSEC3 (CVE-2023-50868)', () => {
  test('a deep name under many iterations costs a bounded number of hashes, and no neighbour', async () => {
    const world = evil([], { signing: 'nsec3', iterations: 50 });
    const bench = makeBench(world);
    const deep = `${'a.'.repeat(100)}evil.test.`;
    const [result, neighbour] = await Promise.all([bench.ask(deep), bench.ask('none.three.test.')]);
    expect(said(result)).toMatch(/^(failure|nxdomain) indeterminate limit-spent$/);
    expect(said(neighbour)).toBe('nxdomain secure');
    expect(said(await bench.ask('none.evil.test.')), 'a name less deep').toBe('nxdomain secure');
  });
});

describe('dead ends', () => {
  test('sixteen silent servers with four addresses each cost no more than 24 questions', async () => {
    const world = evil([]);
    const names = Array.from({ length: 16 }, (_, i) => `ns${i}.a.evil.test.`);
    const addresses = (i: number) => Array.from({ length: 4 }, (_, j) => `203.0.113.${i * 4 + j}`);
    const many: Behaviour = at(EVIL_AT, (reply, { question }) =>
      question.qname.labels > 2
        ? {
            ...reply,
            rcode: 0,
            authoritative: false,
            answer: [],
            authority: [rrset('a.evil.test.', 'NS', names)],
            additional: names.map((name, i) => rrset(name, 'A', addresses(i))),
          }
        : undefined,
    );
    const bench = makeBench(world, { behaviours: [many] });
    expect(stateOf(await bench.ask('www.a.evil.test.'))).toBe('indeterminate');
    expect(bench.sent.filter(({ address }) => address.startsWith('203.')).length).toBeLessThanOrEqual(24);
  });

  test('a dead zone asked for again and again is left alone for a while (RFC 9520)', async () => {
    const bench = makeBench(evil([]), { behaviours: [at(EVIL_AT, silent)] });
    for (let i = 0; i < 50; i++) {
      await bench.ask('www.evil.test.');
      bench.clock.now += 1;
    }
    expect(bench.sent.filter(({ address }) => address === '192.0.2.66').length).toBeLessThan(20);
  });

  test('octets are counted: a server of large answers cannot send without end', async () => {
    const bench = makeBench(evil(Array.from({ length: 12 }, (_, i) => `c${i} CNAME c${i + 1}.evil.test.`)), {
      behaviours: [at(EVIL_AT, (reply) => ({ ...reply, octets: 900_000 }))],
    });
    expect(said(await bench.ask('www.evil.test.'))).toBe('failure indeterminate limit-spent');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });
});
