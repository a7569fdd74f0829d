/** Nothing out of bailiwick is believed, nothing stray is kept, and each side of a zone cut speaks for its own records alone. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import { answerFrom } from './authority.ts';
import { healthyWorld, LEAF_AT, TEST_AT } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { at, type Behaviour, dataOf, flip, makeBench, makeWorld, on, rewrite, said, stateOf, type World } from './world.ts';

const EVIL = '6.6.6.6';
const EVIL_AT = '192.0.2.66';

/** An evil unsigned zone beside a good unsigned one and a good signed one; nothing stands at the address 6.6.6.6. */
function evilWorld(): World {
  return makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    {
      apex: 'evil.',
      at: [EVIL_AT],
      records: ['www A 10.0.0.66', 'toplain CNAME www.plain.', 'tosecure CNAME www.secure.'],
      signing: 'unsigned',
    },
    { apex: 'plain.', at: ['192.0.2.21'], records: ['www A 10.0.0.1', 'mail A 10.0.0.2'], signing: 'unsigned' },
    { apex: 'secure.', at: ['192.0.2.22'], records: ['www A 10.0.0.3'] },
  ]);
}

const world = evilWorld();
const add = (where: { answer?: RRset[]; authority?: RRset[]; additional?: RRset[] }): Behaviour =>
  at([EVIL_AT], (reply) => ({
    ...reply,
    answer: [...reply.answer, ...(where.answer ?? [])],
    authority: [...reply.authority, ...(where.authority ?? [])],
    additional: [...reply.additional, ...(where.additional ?? [])],
  }));

const victim = rrset('www.plain.', 'A', [EVIL], 90_000);

describe('a server of one zone that says something of another', () => {
  test.each<[string, Behaviour]>([
    ['an answer beside the one asked for', add({ answer: [victim] })],
    ['an address in the additional section', add({ additional: [victim] })],
    ['an address in the authority section', add({ authority: [victim] })],
    ['NS of the victim', add({ authority: [rrset('plain.', 'NS', ['ns.evil.'])], additional: [rrset('ns.evil.', 'A', [EVIL])] })],
    ['NS of the root', add({ authority: [rrset('.', 'NS', ['ns.evil.'])], additional: [rrset('ns.evil.', 'A', [EVIL])] })],
    ["the address of the victim's server", add({ additional: [rrset('ns1.plain.', 'A', [EVIL])] })],
    ['an alias for the victim', add({ answer: [rrset('www.plain.', 'CNAME', ['www.evil.'])] })],
    ['a DNAME for everything', add({ answer: [rrset('.', 'DNAME', ['evil.'])] })],
    ['a DNAME for the victim', add({ answer: [rrset('plain.', 'DNAME', ['evil.'])] })],
    ['a SOA of the victim with NXDOMAIN', add({ authority: [rrset('plain.', 'SOA', ['a. b. 1 2 3 4 90000'])] })],
  ])('%s', async (_title, behaviour) => {
    const bench = makeBench(world, { behaviours: [behaviour] });
    expect(dataOf(await bench.ask('www.evil.'))).toEqual(['www.evil. A 0a000042']);
    await bench.ask('none.evil.');
    await bench.ask('www.evil.', 'MX');
    expect(dataOf(await bench.ask('www.plain.'))).toEqual(['www.plain. A 0a000001']);
    expect(dataOf(await bench.ask('www.secure.'))).toEqual(['www.secure. A 0a000003']);
    expect(bench.sent.some(({ address }) => address === EVIL)).toBe(false);
  });

  test.each(['toplain.evil.', 'tosecure.evil.'])(
    'what stands behind an alias that leads out is asked of those who know it: %s',
    async (name) => {
      const target = name === 'toplain.evil.' ? 'www.plain.' : 'www.secure.';
      const lie = add({ answer: [rrset(target, 'A', [EVIL])] });
      const bench = makeBench(world, { behaviours: [lie] });
      expect(dataOf(await bench.ask(name)).at(-1)).toContain('0a0000');
      expect(dataOf(await bench.ask(target)).at(-1)).toContain('0a0000');
    },
  );

  test('NXDOMAIN behind an alias that leads out says nothing of the target', async () => {
    const deny = on('toplain.evil.', 'A', (reply) => ({ ...reply, rcode: Rcode.NXDOMAIN }));
    const bench = makeBench(world, { behaviours: [deny] });
    expect(dataOf(await bench.ask('toplain.evil.')).at(-1)).toBe('www.plain. A 0a000001');
  });

  test('an empty RRset, or one of another class, is no answer', async () => {
    for (const change of [rewrite((r) => ({ ...r, class: 3 })), rewrite((r) => ({ ...r, owner: parseName('x.evil.') }))]) {
      const bench = makeBench(world, { behaviours: [on('www.evil.', 'A', change)] });
      expect((await bench.ask('www.evil.')).kind).not.toBe('answer');
    }
  });
});

describe('referrals', () => {
  test('away from the name, sideways or upwards, make a server lame', async () => {
    for (const owner of ['plain.', '.', 'evil.', 'other.evil.']) {
      const refer = at([EVIL_AT], (reply) => ({
        ...reply,
        authoritative: false,
        answer: [],
        authority: [rrset(owner, 'NS', ['ns.evil.'])],
        additional: [rrset('ns.evil.', 'A', [EVIL])],
      }));
      const bench = makeBench(world, { behaviours: [refer] });
      expect(stateOf(await bench.ask('www.evil.')), owner).toBe('indeterminate');
      expect(
        bench.sent.some(({ address }) => address === EVIL),
        owner,
      ).toBe(false);
      expect(said(await bench.ask('www.secure.'))).toBe('answer secure');
    }
  });

  test('glue for a server out of the zone asked is looked up by its own name', async () => {
    const foreign = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'tld.', at: ['192.0.2.11'] },
      { apex: 'leaf.tld.', at: ['192.0.2.21'], ns: ['ns.host.'], records: ['www A 10.0.0.1'] },
      { apex: 'host.', at: ['192.0.2.31'], records: ['ns A 192.0.2.21'] },
    ]);
    const promiscuous = at(['192.0.2.11'], (reply) => ({ ...reply, additional: [rrset('ns.host.', 'A', [EVIL])] }));
    const bench = makeBench(foreign, { behaviours: [promiscuous] });
    expect(said(await bench.ask('www.leaf.tld.'))).toBe('answer secure');
    expect(bench.sent.some(({ address }) => address === EVIL)).toBe(false);
    expect(dataOf(await bench.ask('ns.host.'))).toEqual(['ns.host. A c0000215']);
  });

  test('glue is never an answer', async () => {
    const healthy = healthyWorld();
    const lying = at(
      TEST_AT,
      rewrite((r) => (textOf(r.owner) === 'ns2.secure.test.' ? { ...r, rdata: [Uint8Array.of(6, 6, 6, 6)] } : r)),
    );
    const bench = makeBench(healthy, { behaviours: [lying] });
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    expect(said(await bench.ask('ns2.secure.test.'))).toBe('answer secure');
    expect(dataOf(await bench.ask('ns2.secure.test.'))).toEqual(['ns2.secure.test. A c0000216']);
  });

  test('NS of a referral is never an answer: the zone itself is asked', async () => {
    const healthy = healthyWorld();
    const bench = makeBench(healthy);
    await bench.ask('www.secure.test.');
    const before = bench.sent.length;
    const result = await bench.ask('secure.test.', 'NS');
    expect(said(result)).toBe('answer secure');
    expect(LEAF_AT).toContain(bench.sent[before]?.address);
  });

  test('addresses that may not be asked are not asked, whoever names them', async () => {
    const bench = makeBench(world, { settings: { mayQuery: (address) => address !== EVIL_AT } });
    expect(stateOf(await bench.ask('www.evil.'))).toBe('indeterminate');
    expect(bench.sent.some(({ address }) => address === EVIL_AT)).toBe(false);
    expect(said(await bench.ask('www.secure.'))).toBe('answer secure');
  });
});

describe('the two sides of a zone cut', () => {
  const healthy = healthyWorld();
  const fromChild = (zone: string) => (name: string, type: number) =>
    answerFrom([healthy.zone(zone)], { qname: parseName(name), qtype: type, qclass: 1 });

  test('DS denied by the child proves nothing: not insecure', async () => {
    const child = fromChild('secure.test.');
    const denial: Behaviour = on('secure.test.', 'DS', () => ({ ...child('secure.test.', Type.MX), rcode: 0 }));
    const noDs = rewrite((r) => (r.type === Type.DS && textOf(r.owner) === 'secure.test.' ? undefined : r));
    const bench = makeBench(healthy, { behaviours: [noDs, denial] });
    expect(['bogus', 'indeterminate']).toContain(stateOf(await bench.ask('www.secure.test.')));
  });

  test("the child's apex NSEC in a referral proves nothing", async () => {
    const apex = fromChild('secure.test.')('secure.test.', Type.MX).authority.filter(({ type }) => type === Type.NSEC);
    const swap = at(TEST_AT, (reply) => ({ ...reply, authority: reply.authority.flatMap((r) => (r.type === Type.DS ? apex : [r])) }));
    const noDs = on('secure.test.', 'DS', (reply) => ({ ...reply, answer: [], authority: apex }));
    const bench = makeBench(healthy, { behaviours: [swap, noDs] });
    expect(['bogus', 'indeterminate']).toContain(stateOf(await bench.ask('www.secure.test.')));
  });

  test("NSEC of the parent's side of the cut denies nothing in the child (RFC 6840 §4.1)", async () => {
    const parentSide = answerFrom([healthy.zone('test.')], { qname: parseName('plain.test.'), qtype: Type.DS, qclass: 1 });
    const cut = parentSide.authority;
    const deny = on('www.plain.test.', 'A', () => ({
      rcode: Rcode.NXDOMAIN,
      authoritative: true,
      answer: [],
      authority: cut,
      additional: [],
    }));
    expect(stateOf(await makeBench(healthy, { behaviours: [deny] }).ask('www.plain.test.'))).not.toBe('secure');
    const secureCut = rewrite((r) => r);
    const denySecure = on('www.secure.test.', 'A', () => ({
      rcode: Rcode.NXDOMAIN,
      authoritative: true,
      answer: [],
      authority: cut,
      additional: [],
    }));
    expect(['bogus', 'indeterminate']).toContain(
      stateOf(await makeBench(healthy, { behaviours: [secureCut, denySecure] }).ask('www.secure.test.')),
    );
  });

  test("the parent may not sign the child's data", async () => {
    const parent = healthy.zone('test.');
    const forged = rewrite((r) =>
      textOf(r.owner) === 'www.secure.test.' && r.type === Type.A
        ? parent.signed.sign({ ...r, rdata: [Uint8Array.of(6, 6, 6, 6)], signatures: [] })
        : r,
    );
    const bench = makeBench(healthy, { behaviours: [at(LEAF_AT, forged)] });
    expect(said(await bench.ask('www.secure.test.'))).toContain('answer bogus');
  });

  test('a sibling may not sign either, nor a zone below', async () => {
    for (const apex of ['three.test.', 'secure.opt.']) {
      const other = healthy.zone(apex);
      const forged = rewrite((r) =>
        textOf(r.owner) === 'www.secure.test.' && r.type === Type.A ? other.signed.sign({ ...r, signatures: [] }) : r,
      );
      expect(said(await makeBench(healthy, { behaviours: [at(LEAF_AT, forged)] }).ask('www.secure.test.')), apex).toContain('answer bogus');
    }
  });

  test('one server with both zones answers DS for the parent and all else for the child', async () => {
    const shared = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'tld.', at: ['192.0.2.11'], records: ['www A 10.0.0.9'] },
      { apex: 'leaf.tld.', at: ['192.0.2.11'], records: ['www A 10.0.0.1'] },
      { apex: 'bare.tld.', at: ['192.0.2.11'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
      { apex: 'deep.bare.tld.', at: ['192.0.2.11'], records: ['www A 10.0.0.1'] },
      { apex: 'deep.leaf.tld.', at: ['192.0.2.11'], records: ['www A 10.0.0.1'] },
    ]);
    const bench = makeBench(shared);
    expect(said(await bench.ask('www.leaf.tld.'))).toBe('answer secure');
    expect(said(await bench.ask('www.deep.leaf.tld.'))).toBe('answer secure');
    expect(said(await bench.ask('none.deep.leaf.tld.'))).toBe('nxdomain secure');
    expect(said(await bench.ask('leaf.tld.', 'DS'))).toBe('answer secure');
    expect(said(await bench.ask('bare.tld.', 'DS'))).toBe('nodata secure');
    expect(said(await bench.ask('www.bare.tld.'))).toBe('answer insecure unsigned-delegation');
    expect(said(await bench.ask('www.deep.bare.tld.'))).toBe('answer insecure unsigned-delegation');
    expect(said(await bench.ask('www.tld.'))).toBe('answer secure');
  });

  test('root and leaf on one server, the zone between elsewhere: DS is asked of the zone between', async () => {
    const odd = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'tld.', at: ['192.0.2.11'] },
      { apex: 'leaf.tld.', at: ['192.0.2.1'], records: ['www A 10.0.0.1'] },
    ]);
    for (const qnameMinimisation of [true, false]) {
      const bench = makeBench(odd, { settings: { qnameMinimisation } });
      expect(said(await bench.ask('www.leaf.tld.')), `minimising ${qnameMinimisation}`).toBe('answer secure');
      expect(said(await makeBench(odd, { settings: { qnameMinimisation } }).ask('leaf.tld.', 'DS'))).toBe('answer secure');
    }
  });
});

describe('stray data in a signed answer', () => {
  const healthy = healthyWorld();

  test('does not come along to the client, and harms nothing', async () => {
    const stray = at(LEAF_AT, (reply) => ({
      ...reply,
      answer: [...reply.answer, rrset('stray.secure.test.', 'A', [EVIL])],
      authority: [...reply.authority, rrset('secure.test.', 'NS', ['ns.evil.']), rrset('stray.secure.test.', 'TXT', ['x'])],
      additional: [rrset('stray2.secure.test.', 'A', [EVIL])],
    }));
    for (const [name, type] of [
      ['www.secure.test.', 'A'],
      ['none.secure.test.', 'A'],
      ['x.wild.secure.test.', 'A'],
      ['alias.secure.test.', 'A'],
    ] as const) {
      const clean = await makeBench(healthy).ask(name, type);
      const bench = makeBench(healthy, { behaviours: [stray] });
      const result = await bench.ask(name, type);
      expect(said(result), name).toBe(said(clean));
      expect(dataOf(result), name).toEqual(dataOf(clean));
      expect(
        result.authority.every(({ signatures }) => signatures.length > 0),
        name,
      ).toBe(true);
      expect(said(await bench.ask('stray.secure.test.')), name).toBe('nxdomain secure');
    }
  });

  test('an unsigned or forged NSEC beside a good proof is left out', async () => {
    const extra = rrset('a.secure.test.', 'NSEC', ['b.secure.test. A']);
    const padded = at(LEAF_AT, (reply) => ({ ...reply, authority: [extra, ...reply.authority] }));
    const result = await makeBench(healthy, { behaviours: [padded] }).ask('none.secure.test.');
    expect(said(result)).toBe('nxdomain secure');
    expect(result.authority.map(({ owner }) => textOf(owner))).not.toContain('a.secure.test.');
  });

  test('a second SOA that does not validate makes no secure denial', async () => {
    const doubled = at(LEAF_AT, (reply) => ({
      ...reply,
      authority: reply.authority.flatMap((r) => (r.type === Type.SOA ? [{ ...r, rdata: r.rdata.map(flip), ttl: 9 }] : [r])),
    }));
    expect(stateOf(await makeBench(healthy, { behaviours: [doubled] }).ask('none.secure.test.'))).toBe('bogus');
  });
});
