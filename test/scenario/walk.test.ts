/** The walk down: QNAME minimisation, glue, servers by name, IPv6, priming, lame and recursive servers, economy of questions. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import { makeKey } from '../vectors/signed-zone.ts';
import { healthyWorld, LEAF_AT, ROOT_AT, TEST_AT } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { at, type Behaviour, dataOf, makeBench, makeWorld, on, rcode, rewrite, said, silent, stateOf, timeout } from './world.ts';

const world = healthyWorld();
const asked = (bench: ReturnType<typeof makeBench>) => bench.sent.map(({ name, type }) => `${name} ${type}`);

describe('QNAME minimisation (RFC 9156)', () => {
  test('no server sees more of the name than it needs', async () => {
    const bench = makeBench(world);
    await bench.ask('www.secure.test.', 'TXT');
    for (const { address, name } of bench.sent) {
      if (ROOT_AT.includes(address)) expect(name.split('.').length - 1, name).toBeLessThanOrEqual(1);
      if (TEST_AT.includes(address)) expect(name.split('.').length - 1, name).toBeLessThanOrEqual(2);
    }
  });

  test('off: the whole name goes to all', async () => {
    const bench = makeBench(world, { settings: { qnameMinimisation: false } });
    await bench.ask('www.secure.test.');
    expect(bench.sent[0]?.name).toBe('www.secure.test.');
  });

  test.each<[string, Behaviour]>([
    ['NXDOMAIN for an empty non-terminal', on('ent.secure.test.', 'A', (reply) => ({ ...reply, rcode: Rcode.NXDOMAIN }))],
    ['REFUSED for it', on('ent.secure.test.', 'A', rcode(Rcode.REFUSED))],
    ['SERVFAIL for it', on('ent.secure.test.', 'A', rcode(Rcode.SERVFAIL))],
    ['FORMERR for it', on('ent.secure.test.', 'A', rcode(Rcode.FORMERR))],
    [
      'an alias at it',
      on('ent.secure.test.', 'A', (reply) => ({ ...reply, authority: [], answer: [rrset('ent.secure.test.', 'CNAME', ['x.test.'])] })),
    ],
    ['nothing and no authority for it', on('ent.secure.test.', 'A', (reply) => ({ ...reply, authoritative: false, authority: [] }))],
  ])('%s does not fail the name below', async (_title, behaviour) => {
    expect(said(await makeBench(world, { behaviours: [behaviour] }).ask('host.ent.secure.test.'))).toBe('answer secure');
  });

  test('a name of many labels costs a bounded number of questions', async () => {
    const bench = makeBench(world);
    expect(said(await bench.ask(`${'x.'.repeat(40)}secure.test.`))).toBe('nxdomain secure');
    expect(bench.sent.length).toBeLessThan(25);
  });

  test('_25._tcp is not asked label by label', async () => {
    const bench = makeBench(world);
    await bench.ask('_25._tcp.www.secure.test.', 'TLSA');
    expect(asked(bench)).not.toContain('_tcp.www.secure.test. A');
  });
});

describe('economy', () => {
  test('a cold secure name three levels down costs a question a level, and one for the keys of each', async () => {
    const bench = makeBench(world);
    await bench.ask('www.secure.test.');
    expect(asked(bench).toSorted()).toEqual(
      ['. DNSKEY', 'secure.test. A', 'secure.test. DNSKEY', 'test. A', 'test. DNSKEY', 'www.secure.test. A'].toSorted(),
    );
  });

  test('a cold insecure name costs no question for DS: the referral had its denial', async () => {
    const bench = makeBench(world);
    await bench.ask('www.plain.test.');
    expect(asked(bench).some((question) => question.endsWith(' DS'))).toBe(false);
  });

  test('another name of the zone costs one question', async () => {
    const bench = makeBench(world);
    await bench.ask('www.secure.test.');
    const before = bench.sent.length;
    await bench.ask('none.secure.test.');
    expect(bench.sent.length - before).toBe(1);
  });

  test('a bogus zone asked for many names costs its neighbours nothing, and a few questions a name', async () => {
    const bench = makeBench(world);
    await bench.ask('www.bogus.test.');
    const before = bench.sent.length;
    await bench.ask('none.bogus.test.');
    expect(bench.sent.length - before).toBeLessThanOrEqual(4);
  });
});

describe('servers by name', () => {
  const zones = [
    { apex: '.', at: ['192.0.2.1'] },
    {
      apex: 'host.',
      at: ['192.0.2.31'],
      records: ['ns A 192.0.2.21', 'six AAAA 2001:db8::21', 'both A 203.0.113.1', 'both AAAA 2001:db8::21'],
    },
  ];
  const leafBy = (ns: readonly string[], addresses: readonly string[]) =>
    makeWorld([...zones, { apex: 'leaf.', at: addresses, ns, records: ['www A 10.0.0.1'] }]);

  test('without glue the name is looked up, and the answer is none the less secure', async () => {
    expect(said(await makeBench(leafBy(['ns.host.'], ['192.0.2.21'])).ask('www.leaf.'))).toBe('answer secure');
  });

  test('IPv6 alone', async () => {
    const six = leafBy(['six.host.'], ['2001:db8::21']);
    expect(said(await makeBench(six, { settings: { ipv6: true } }).ask('www.leaf.'))).toBe('answer secure');
    expect(stateOf(await makeBench(six).ask('www.leaf.'))).toBe('indeterminate');
  });

  test('IPv6 where IPv4 is switched off', async () => {
    const both = makeWorld([
      { apex: '.', at: ['2001:db8::1'] },
      { apex: 'leaf.', at: ['192.0.2.21', '2001:db8::22'], records: ['www A 10.0.0.1'] },
    ]);
    const bench = makeBench(both, { settings: { ipv4: false, ipv6: true } });
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    expect(bench.sent.every(({ address }) => address.includes(':'))).toBe(true);
  });

  test('one server of two whose name does not exist', async () => {
    const bench = makeBench(leafBy(['none.host.', 'ns.host.'], ['192.0.2.21', '192.0.2.21']));
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test('one server of two whose name is in a dead zone', async () => {
    const dead = makeWorld([
      ...zones,
      { apex: 'dead.', at: ['203.0.113.9'], records: ['ns A 192.0.2.21'] },
      { apex: 'leaf.', at: ['192.0.2.21', '192.0.2.21'], ns: ['ns.dead.', 'ns.host.'], records: ['www A 10.0.0.1'] },
    ]);
    const bench = makeBench(dead, { behaviours: [at(['203.0.113.9'], silent)] });
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test('glue that is dead, while the zone that has the server knows a better address', async () => {
    const stale: Behaviour = at(
      ['192.0.2.1'],
      rewrite((r) => (textOf(r.owner) === 'ns1.leaf.' ? rrset('ns1.leaf.', 'A', ['203.0.113.7']) : r)),
    );
    const own = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: ['192.0.2.21', '192.0.2.22'], records: ['www A 10.0.0.1'] },
    ]);
    expect(said(await makeBench(own, { behaviours: [stale] }).ask('www.leaf.'))).toBe('answer secure');
  });

  test('sibling glue is used', async () => {
    const siblings = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'tld.', at: ['192.0.2.11'] },
      { apex: 'a.tld.', at: ['192.0.2.21'], ns: ['ns.b.tld.'], records: ['www A 10.0.0.1', 'ns A 192.0.2.22'] },
      { apex: 'b.tld.', at: ['192.0.2.22'], ns: ['ns.a.tld.'], records: ['www A 10.0.0.1', 'ns A 192.0.2.21'] },
    ]);
    const glue = at(['192.0.2.11'], (reply, { question }) =>
      question.qtype === Type.DNSKEY
        ? undefined
        : { ...reply, additional: [rrset('ns.b.tld.', 'A', ['192.0.2.21']), rrset('ns.a.tld.', 'A', ['192.0.2.22'])] },
    );
    expect(said(await makeBench(siblings, { behaviours: [glue] }).ask('www.a.tld.'))).toBe('answer secure');
    expect(stateOf(await makeBench(siblings).ask('www.a.tld.'))).toBe('indeterminate');
  });
});

describe('lame and recursive servers', () => {
  const recursing: Behaviour = (reply) => ({ ...reply, authoritative: false, recursionAvailable: true });

  test('one recursive server beside an authority: the authority is believed', async () => {
    for (const odd of LEAF_AT) {
      const bench = makeBench(world, { behaviours: [at([odd], recursing)] });
      expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    }
  });

  test('recursive servers alone are asked with RD, last', async () => {
    const bench = makeBench(world, { behaviours: [at(LEAF_AT, recursing)] });
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    expect(bench.sent.some(({ recursive }) => recursive)).toBe(true);
    expect(bench.sent.filter(({ address }) => !LEAF_AT.includes(address)).some(({ recursive }) => recursive)).toBe(false);
  });

  test('servers without DNSSEC of a signed zone: bogus; one of them beside a good one: secure', async () => {
    const deaf = rewrite((r) =>
      r.type === Type.NSEC || r.type === Type.NSEC3 || r.type === Type.DNSKEY ? undefined : { ...r, signatures: [] },
    );
    expect(stateOf(await makeBench(world, { behaviours: [at(LEAF_AT, deaf)] }).ask('www.secure.test.'))).toBe('bogus');
    for (const one of LEAF_AT) {
      const bench = makeBench(world, { behaviours: [at([one], deaf)] });
      for (const [name, type] of [
        ['www.secure.test.', 'A'],
        ['none.secure.test.', 'A'],
        ['x.wild.three.test.', 'A'],
      ] as const) {
        expect(stateOf(await bench.ask(name, type)), `${name} ${one}`).toBe('secure');
      }
    }
  });

  test('a parent without DNSSEC on one of its servers does not make the child bogus or insecure', async () => {
    const deaf = rewrite((r) =>
      r.type === Type.NSEC || r.type === Type.NSEC3 || r.type === Type.DS ? undefined : { ...r, signatures: [] },
    );
    for (const one of TEST_AT) {
      const bench = makeBench(world, { behaviours: [at([one], deaf)] });
      expect(said(await bench.ask('www.secure.test.')), one).toBe('answer secure');
      expect(said(await bench.ask('www.plain.test.')), one).toBe('answer insecure unsigned-delegation');
    }
  });

  test('a server that knows an old version of the zone', async () => {
    const old: Behaviour = at(
      [LEAF_AT[0] as string],
      on('www.secure.test.', 'A', (reply) => ({ ...reply, answer: [], authority: [] })),
    );
    for (let i = 0; i < 4; i++) expect(said(await makeBench(world, { behaviours: [old] }).ask('www.secure.test.'))).toBe('answer secure');
  });
});

describe('key rollover', () => {
  test('servers of one zone at different stages: some signature always finds its key', async () => {
    const leaf = world.zone('secure.test.');
    const next = makeKey({ algorithm: 13, flags: 256 });
    const keys = { ...rrset('secure.test.', 'TXT', []), type: Type.DNSKEY, rdata: [leaf.signed.key.rdata, next.rdata] };
    const ahead: Behaviour = (reply) => ({
      ...reply,
      answer: reply.answer.map((r) =>
        r.type === Type.DNSKEY
          ? leaf.signed.sign(keys)
          : r.signatures.length > 0
            ? leaf.signed.sign({ ...r, signatures: [] }, { key: next })
            : r,
      ),
    });
    for (const one of LEAF_AT) {
      const bench = makeBench(world, {
        behaviours: [
          at([one], (reply, query) => (textOf(query.question.qname).endsWith('secure.test.') ? ahead(reply, query) : undefined)),
        ],
      });
      for (const name of ['www.secure.test.', 'host.ent.secure.test.', 'x.wild.secure.test.'])
        expect(stateOf(await bench.ask(name)), `${name} ${one}`).toBe('secure');
    }
  });

  test('DS and keys that changed while the old ones are cached: right again without waiting for a day', async () => {
    const before = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: ['192.0.2.21'], records: ['www A 10.0.0.1', 'a A 10.0.0.2', 'b A 10.0.0.3'], ttl: 300 },
    ]);
    const bench = makeBench(before);
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('secure');
    bench.clock.now += 400;
    expect(stateOf(await bench.ask('a.leaf.'))).toBe('secure');
  });
});

describe('priming (RFC 9609)', () => {
  const roots = makeWorld([
    { apex: '.', at: ['192.0.2.1', '192.0.2.2', '192.0.2.3'] },
    { apex: 'leaf.', at: ['192.0.2.21'], records: ['www A 10.0.0.1'] },
  ]);
  const hints = (addresses: readonly string[]) => ({ rootServers: [{ name: parseName('ns1.root-servers.'), addresses }], priming: true });

  test('servers that the hints do not name are learned', async () => {
    const bench = makeBench(roots, { settings: hints(['192.0.2.1']) });
    await bench.resolver.prepare();
    bench.behave(at(['192.0.2.1'], silent));
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test('hints of which one is dead', async () => {
    const bench = makeBench(roots, { settings: hints(['203.0.113.1', '192.0.2.2']) });
    expect((await bench.resolver.prepare()).ready).toBe(true);
  });

  test('all hints dead: not ready, nothing resolved, and right once they are back', async () => {
    const bench = makeBench(roots, { settings: hints(['192.0.2.1']), behaviours: [() => timeout] });
    expect((await bench.resolver.prepare()).ready).toBe(false);
    expect(stateOf(await bench.ask('www.leaf.'))).toBe('indeterminate');
    bench.behave();
    bench.clock.now += 61;
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
  });

  test('a priming answer out of the root zone names nobody', async () => {
    const lie = on('.', 'NS', (reply) => ({
      ...reply,
      answer: [rrset('leaf.', 'NS', ['ns.evil.'])],
      additional: [rrset('ns.evil.', 'A', ['6.6.6.6'])],
    }));
    const bench = makeBench(roots, { settings: hints(['192.0.2.1']), behaviours: [lie] });
    await bench.resolver.prepare();
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    expect(bench.sent.some(({ address }) => address === '6.6.6.6')).toBe(false);
  });

  test('off: not a query that no client asked for', async () => {
    const bench = makeBench(roots);
    expect(bench.sent.length).toBe(0);
    await bench.ask('www.leaf.');
    expect(asked(bench)).not.toContain('. NS');
  });
});

test("a stub zone's delegations are remembered as others are", async () => {
  const settings = {
    stub: [{ zone: parseName('test.'), servers: [{ address: TEST_AT[0] as string, port: 53 }], first: false, validate: true }],
  };
  const bench = makeBench(world, { settings });
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  const before = bench.sent.length;
  expect(dataOf(await bench.ask('host.ent.secure.test.'))).toEqual(['host.ent.secure.test. A 0a000003']);
  expect(bench.sent.slice(before).filter(({ address }) => TEST_AT.includes(address))).toEqual([]);
});
