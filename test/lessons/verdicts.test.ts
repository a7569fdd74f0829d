/** Faults of other resolvers that gave a wrong verdict, took a name away or ended the process, each on a scripted internet (docs/lessons.md has the list). */

import { describe, expect, test } from 'vitest';
import type { RRset } from '../../src/base/record.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import { createAnswer } from '../../src/service/answer.ts';
import { readMessage } from '../../src/wire/read-message.ts';
import { healthyWorld, LEAF_AT } from '../scenario/healthy.ts';
import { rrset } from '../scenario/rrset.ts';
import { at, type Behaviour, type Bench, dataOf, makeBench, makeWorld, on, rewrite, said } from '../scenario/world.ts';
import { CLIENT, queryOf } from '../service/fake.ts';

const EVIL = '6.6.6.6';
const world = healthyWorld();
const secure = world.zone('secure.test.');
const healthyData = ['www.secure.test. A 0a000001'];

const adding =
  (where: { answer?: RRset[]; authority?: RRset[]; additional?: RRset[] }): Behaviour =>
  (reply) => ({
    ...reply,
    answer: [...reply.answer, ...(where.answer ?? [])],
    authority: [...reply.authority, ...(where.authority ?? [])],
    additional: [...reply.additional, ...(where.additional ?? [])],
  });

const serviceOn = (bench: Bench) =>
  createAnswer({ resolver: bench.resolver, mayAsk: () => true, specialUseNames: false, clock: () => bench.clock.now });

describe('what is secure stays, whatever comes later', () => {
  test('CVE-2026-46582: unsigned data of another answer does not take the place of secure data, nor a denial without proof', async () => {
    const bench = makeBench(world, { settings: { synthesis: false } });
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    expect(said(await bench.ask('www.secure.test.', 'MX'))).toBe('nodata secure');
    const forged = rrset('www.secure.test.', 'A', [EVIL], 90_000);
    bench.behave(
      at(LEAF_AT, adding({ answer: [forged], authority: [forged], additional: [forged, rrset('www.secure.test.', 'MX', ['1 evil.'])] })),
    );
    for (const name of ['host.ent.secure.test.', 'none.secure.test.', 'www.plain.test.']) await bench.ask(name);
    const again = await bench.ask('www.secure.test.');
    expect([said(again), dataOf(again)]).toEqual(['answer secure', healthyData]);
    expect(said(await bench.ask('www.secure.test.', 'MX'))).toBe('nodata secure');
  });
});

describe('signatures', () => {
  test('CVE-2026-52688, CVE-2026-11721: a signature of fewer labels than its signer has speaks for nothing', async () => {
    for (const labels of [0, 1]) {
      const widened = rewrite((one) => (one.type === Type.A ? secure.signed.sign({ ...one, signatures: [] }, { labels }) : one));
      const bench = makeBench(world, { behaviours: [on('www.secure.test.', 'A', widened)] });
      expect(said(await bench.ask('www.secure.test.')), `${labels} labels`).toBe('answer bogus signature-wrong');
    }
  });

  test.each(['RRSIG', 'NSEC'])('CVE-2026-81634, CVE-2026-81642: a compressed name in %s is malformed, not followed', async (where) => {
    const pointer = Uint8Array.of(0xc0, 0x0c);
    const compress = rewrite((one) => {
      if (where === 'NSEC') return one.type === Type.NSEC ? { ...one, rdata: [pointer] } : one;
      const signatures = one.signatures.map((rdata) =>
        Buffer.concat([rdata.subarray(0, 18), pointer, rdata.subarray(18 + secure.apex.wire.length)]),
      );
      return { ...one, signatures };
    });
    const bench = makeBench(world, { behaviours: [at(LEAF_AT, on('none.secure.test.', 'A', compress))] });
    expect(said(await bench.ask('none.secure.test.'))).toContain('nxdomain bogus');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });
});

describe('the worst link decides', () => {
  test.each([
    ['CVE-2026-93657: an insecure alias, a secure end', 'back.plain.test.', [], 'answer insecure unsigned-delegation'],
    [
      'CVE-2026-93657: a bogus alias, a secure end',
      'tonsec3.secure.test.',
      [
        on(
          'tonsec3.secure.test.',
          'A',
          rewrite((one) => ({ ...one, signatures: [] })),
        ),
      ],
      'answer bogus signature-missing',
    ],
  ] as const)('%s', async (_title, name, behaviours, want) => {
    const bench = makeBench(world, { behaviours });
    expect(said(await bench.ask(name))).toBe(want);
    expect(said(await bench.ask(name)), 'out of the cache').toBe(want);
  });

  test.each(['first', 'last'])('CVE-2026-12617: a DNAME is the alias, the CNAME that it makes %s', async (place) => {
    const order: Behaviour = on('host.old.secure.test.', 'A', (reply) => {
      const cname = reply.answer.filter(({ type }) => type === Type.CNAME);
      const rest = reply.answer.filter(({ type }) => type !== Type.CNAME);
      return { ...reply, answer: place === 'first' ? [...cname, ...rest] : [...rest, ...cname] };
    });
    const result = await makeBench(world, { behaviours: [order] }).ask('host.old.secure.test.');
    expect(said(result)).toBe('answer secure');
    expect(result.answer.map(({ type }) => type)).toContain(Type.DNAME);
  });

  test('CVE-2026-123582: AD is set for what is secure as a whole alone, the SOA of a denial included', async () => {
    const asked = async (name: string, behaviours: readonly Behaviour[] = []) => {
      const octets = await serviceOn(makeBench(world, { behaviours }))(queryOf({ name, edns: { dnssecOk: true } }), CLIENT);
      const { rcode, flags } = readMessage(octets as Uint8Array);
      return [rcode, flags.authenticData];
    };
    const unsignedSoa = rewrite((one) => (one.type === Type.SOA ? { ...one, signatures: [] } : one));
    expect(await asked('none.secure.test')).toEqual([Rcode.NXDOMAIN, true]);
    expect(await asked('none.secure.test', [unsignedSoa])).toEqual([Rcode.SERVFAIL, false]);
    expect(await asked('none.plain.test')).toEqual([Rcode.NXDOMAIN, false]);
    expect(await asked('back.plain.test')).toEqual([Rcode.NOERROR, false]);
  });
});

const EVIL_AT = '192.0.2.66';
const street = makeWorld([
  { apex: '.', at: ['192.0.2.1'] },
  { apex: 'evil.', at: [EVIL_AT], records: ['www A 10.0.0.66', 'toplain CNAME www.plain.'], signing: 'unsigned' },
  { apex: 'plain.', at: ['192.0.2.21'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
]);

describe('a thief among servers', () => {
  const victim = rrset('www.plain.', 'A', [EVIL], 90_000);
  const referral =
    (zone: string): Behaviour =>
    (reply) => ({
      ...reply,
      authoritative: false,
      answer: [],
      authority: [rrset(zone, 'NS', ['ns.evil.'])],
      additional: [rrset('ns.evil.', 'A', [EVIL]), victim],
    });

  test.each<[string, Behaviour]>([
    [
      'CVE-2026-123583, CVE-2025-40778: records of a neighbour in his answers',
      adding({ answer: [victim], authority: [victim], additional: [victim] }),
    ],
    ['CVE-2026-123583: the end of an alias that leads out of his zone', on('toplain.evil.', 'A', adding({ answer: [victim] }))],
    [
      'CVE-2025-11411: NS of a neighbour, with glue',
      adding({ authority: [rrset('plain.', 'NS', ['ns.evil.'])], additional: [rrset('ns.evil.', 'A', [EVIL])] }),
    ],
    ['CVE-2025-11411, CVE-2026-42960, CVE-2026-123602: a referral to the root', referral('.')],
    ['CVE-2026-42960, CVE-2026-123602: a referral to a neighbour', referral('plain.')],
  ])('%s: nothing of it is believed', async (_title, behaviour) => {
    const bench = makeBench(street, { behaviours: [at([EVIL_AT], behaviour)] });
    for (const name of ['www.evil.', 'toplain.evil.', 'none.evil.']) await bench.ask(name);
    expect(dataOf(await bench.ask('www.plain.'))).toEqual(['www.plain. A 0a000001']);
    expect(bench.sent.some(({ address }) => address === EVIL)).toBe(false);
  });

  test('CVE-2026-5946: records of another class are no answer', async () => {
    const chaos = rewrite((one) => (one.type === Type.A ? { ...one, class: 3 } : one));
    const bench = makeBench(street, { behaviours: [on('www.plain.', 'A', chaos)] });
    expect(dataOf(await bench.ask('www.plain.'))).toEqual([]);
  });
});

test('CVE-2022-30698, CVE-2022-30699, CVE-2026-40622, CVE-2026-42955: what was learned through a delegation ends with it', async () => {
  const above = { apex: '.', at: ['192.0.2.1'], ttl: 600 };
  const before = makeWorld([
    above,
    { apex: 'ghost.', at: ['192.0.2.21'], ttl: 100_000, signing: 'unsigned' },
    { apex: 'sub.ghost.', at: ['192.0.2.22'], records: ['www 30 A 6.6.6.6'], ttl: 100_000, signing: 'unsigned' },
  ]);
  const bench = makeBench(before, { settings: { anchors: [] } });
  expect(dataOf(await bench.ask('www.sub.ghost.'))).toEqual(['www.sub.ghost. A 06060606']);
  bench.moveTo({ ...before, servers: new Map([...before.servers, ...makeWorld([above]).servers]) });
  for (let minutes = 0; minutes < 11; minutes++) {
    bench.clock.now += 60;
    await bench.ask('www.sub.ghost.');
  }
  const gone = await bench.ask('www.sub.ghost.');
  expect([gone.kind, dataOf(gone)]).toEqual(['nxdomain', []]);
});

describe('the process goes on', () => {
  test('CVE-2022-37428: a fault of ours is SERVFAIL to the client who met it, and no more', async () => {
    const bench = makeBench(world);
    let broken = true;
    const answer = createAnswer({
      resolver: { resolve: (question) => (broken ? Promise.reject(new TypeError('ours')) : bench.resolver.resolve(question)) },
      mayAsk: () => true,
      specialUseNames: false,
      clock: () => bench.clock.now,
    });
    const rcode = async () => readMessage((await answer(queryOf({ name: 'www.secure.test' }), CLIENT)) as Uint8Array).rcode;
    expect(await rcode()).toBe(Rcode.SERVFAIL);
    broken = false;
    expect(await rcode()).toBe(Rcode.NOERROR);
  });

  test('CVE-2025-59030: NOTIFY is no query: it takes nothing out of the cache and asks nobody', async () => {
    const bench = makeBench(world);
    const answer = serviceOn(bench);
    await answer(queryOf({ name: 'www.secure.test' }), CLIENT);
    const sent = bench.sent.length;
    const told = await answer(queryOf({ name: 'secure.test', type: Type.SOA, opcode: 4 }), CLIENT);
    expect(readMessage(told as Uint8Array).rcode).toBe(Rcode.NOTIMP);
    await answer(queryOf({ name: 'www.secure.test' }), CLIENT);
    expect(bench.sent.length).toBe(sent);
  });

  test('CVE-2026-42944, CVE-2026-41292: a query of thousands of EDNS options is FORMERR', async () => {
    const options = Array.from({ length: 12_000 }, () => ({ code: 65_001, data: new Uint8Array() }));
    const octets = await serviceOn(makeBench(world))(queryOf({ name: 'www.secure.test', edns: { options } }), CLIENT);
    expect(readMessage(octets as Uint8Array)).toMatchObject({ rcode: Rcode.FORMERR, answer: [] });
  });

  test('CVE-2026-123586, CVE-2023-22617: servers named in a circle end, and a neighbour does not wait for it', async () => {
    const circle = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      ...Array.from({ length: 14 }, (_, i) => ({
        apex: `z${i}.`,
        at: [`192.0.2.${30 + i}`],
        ns: [`ns.z${(i + 1) % 14}.`],
        records: [`www A 10.0.0.${i}`],
      })),
      { apex: 'fine.', at: ['192.0.2.60'], records: ['www A 10.0.0.1'] },
    ]);
    const bench = makeBench(circle);
    const [ring, fine] = await Promise.all([bench.ask('www.z0.'), bench.ask('www.fine.')]);
    expect(said(ring as Awaited<typeof ring>)).toContain('indeterminate');
    expect(said(fine as Awaited<typeof fine>)).toBe('answer secure');
    expect(bench.sent.length).toBeLessThan(100);
  });

  test('CVE-2024-25583: aliases are counted, in one answer and over many', async () => {
    const chain = (links: number) =>
      makeWorld([
        { apex: '.', at: ['192.0.2.1'] },
        {
          apex: 'leaf.',
          at: ['192.0.2.21'],
          records: [...Array.from({ length: links }, (_, i) => `c${i} CNAME c${i + 1}.leaf.`), `c${links} A 10.0.0.1`],
        },
      ]);
    expect(said(await makeBench(chain(11)).ask('c0.leaf.'))).toBe('answer secure');
    expect(said(await makeBench(chain(12)).ask('c0.leaf.'))).toBe('failure indeterminate limit-spent');
    const single: Behaviour = (reply) => ({ ...reply, answer: reply.answer.slice(0, 1) });
    expect(said(await makeBench(chain(200), { behaviours: [single] }).ask('c0.leaf.'))).toBe('failure indeterminate limit-spent');
  });
});
