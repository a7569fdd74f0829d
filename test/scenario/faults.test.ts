/**
 * Every server with every fault (design §8): one of two changes no verdict; all of a zone may make it indeterminate. What only takes
 * signatures away may make it bogus, for the chain says that they should be there. And what a few broken servers of many do.
 */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import { healthyWorld, LEAF_AT, ROOT_AT, TEST_AT } from './healthy.ts';
import { rrset } from './rrset.ts';
import { at, type Behaviour, dataOf, flip, makeBench, makeWorld, rcode, rewrite, said, silent, stateOf, unsigned } from './world.ts';

const world = healthyWorld();

const empty: Behaviour = () => ({ rcode: 0, authoritative: true, answer: [], authority: [], additional: [] });

/** Faults that leave nothing to judge. */
const fetchFaults: Readonly<Record<string, Behaviour>> = {
  silent,
  unreachable: () => ({ outcome: 'unreachable', code: 'ECONNREFUSED' }),
  malformed: () => ({ outcome: 'malformed', fault: 'truncated' }),
  forged: () => ({ outcome: 'forged' }),
  'changing the case': () => ({ outcome: 'case-mismatch' }),
  'truncated over TCP too': (reply) => ({ ...reply, truncated: true, answer: [], authority: [], additional: [] }),
  SERVFAIL: rcode(Rcode.SERVFAIL),
  REFUSED: rcode(Rcode.REFUSED),
  FORMERR: rcode(Rcode.FORMERR),
  NOTIMP: rcode(Rcode.NOTIMP),
  'an RCODE of its own': rcode(11),
  'lame: nothing, without authority': (reply) => ({ ...reply, authoritative: false, answer: [], authority: [], additional: [] }),
  'lame: refers to the root': (reply) => ({
    ...reply,
    authoritative: false,
    answer: [],
    authority: [rrset('.', 'NS', ['ns1.root-servers.'])],
    additional: [],
  }),
};

/** Faults that give wrong data, or none where there should be some. */
const dataFaults: Readonly<Record<string, Behaviour>> = {
  'without signatures and proofs': unsigned,
  'empty with authority': empty,
  'NXDOMAIN for all': () => ({ rcode: 3, authoritative: true, answer: [], authority: [], additional: [] }),
  'garbage in all RDATA that is signed': rewrite((r) => (r.signatures.length > 0 ? { ...r, rdata: r.rdata.map(flip) } : r)),
  'garbage in all signatures': rewrite((r) => ({ ...r, signatures: r.signatures.map(flip) })),
  'one octet for all RDATA that is signed': rewrite((r) => (r.signatures.length > 0 ? { ...r, rdata: [Uint8Array.of(7)] } : r)),
};

const zones: readonly [string, readonly string[]][] = [
  ['the root', ROOT_AT],
  ['the TLD', TEST_AT],
  ['the leaf', LEAF_AT],
];

const questions = [
  ['www.secure.test.', 'A', 'answer secure'],
  ['none.three.test.', 'A', 'nxdomain secure'],
  ['www.plain.test.', 'A', 'answer insecure unsigned-delegation'],
  ['tonsec3.secure.test.', 'A', 'answer secure'],
] as const;

describe.each(zones)('servers of %s', (_zone, addresses) => {
  test.each(Object.entries({ ...fetchFaults, ...dataFaults }))('one of two %s: the verdict stays', async (fault, behaviour) => {
    for (const faulty of addresses) {
      const bench = makeBench(world, { behaviours: [at([faulty], behaviour)] });
      for (const [name, type, want] of questions) {
        const result = await bench.ask(name, type);
        // Nobody can tell that an unsigned zone's data is wrong.
        if (fault in dataFaults && name.includes('plain')) expect(stateOf(result), `${name} at ${faulty}`).not.toBe('secure');
        else expect(said(result), `${name} at ${faulty}`).toBe(want);
      }
    }
  });

  test.each(Object.entries(fetchFaults))('all %s: the verdict is indeterminate, and right again afterwards', async (_fault, behaviour) => {
    for (const [name, type, want] of questions) {
      const bench = makeBench(world, { behaviours: [at(addresses, behaviour)] });
      const result = await bench.ask(name, type);
      expect(stateOf(result), name).toBe('indeterminate');
      expect(bench.sent.length, 'queries').toBeLessThan(60);
      bench.behave();
      bench.clock.now += 61;
      expect(said(await bench.ask(name, type)), `${name} afterwards`).toBe(want);
    }
  });

  test.each(Object.entries(dataFaults))('all %s: never secure; a signed zone never insecure', async (_fault, behaviour) => {
    for (const [name, type] of questions) {
      const bench = makeBench(world, { behaviours: [at(addresses, behaviour)] });
      const state = stateOf(await bench.ask(name, type));
      expect(name.includes('plain') ? ['insecure', 'bogus', 'indeterminate'] : ['bogus', 'indeterminate'], name).toContain(state);
    }
  });
});

const FOUR = ['192.0.2.31', '192.0.2.32', '192.0.2.33', '192.0.2.34'];
const four = makeWorld([
  { apex: '.', at: ['192.0.2.1'] },
  { apex: 'four.', at: FOUR, records: ['www A 10.0.0.1', 'mail A 10.0.0.2'] },
]);

test.each(Object.entries({ ...fetchFaults, ...dataFaults }))('two servers of four %s do not fail a name', async (_fault, behaviour) => {
  for (const pair of [FOUR.slice(0, 2), FOUR.slice(2), [FOUR[0] as string, FOUR[3] as string]]) {
    const bench = makeBench(four, { behaviours: [at(pair, behaviour)] });
    for (const name of ['www.four.', 'mail.four.', 'none.four.']) expect(stateOf(await bench.ask(name)), name).toBe('secure');
  }
});

test('three bogus servers of four still leave the fourth to be asked', async () => {
  for (const good of FOUR) {
    const bench = makeBench(four, {
      behaviours: [
        at(
          FOUR.filter((address) => address !== good),
          dataFaults['garbage in all signatures'] as Behaviour,
        ),
      ],
    });
    expect(said(await bench.ask('www.four.')), good).toBe('answer secure');
  }
});

test('four bogus servers are all asked, and no more than that for each RRset', async () => {
  const many = [...FOUR, '192.0.2.35', '192.0.2.36'];
  const six = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'six.', at: many, records: ['www A 10.0.0.1'] },
  ]);
  const wrong = rewrite((r) => (r.type === Type.A && r.owner.key === parseName('www.six.').key ? { ...r, rdata: r.rdata.map(flip) } : r));
  const bench = makeBench(six, { behaviours: [wrong] });
  const result = await bench.traced('www.six.');
  expect(said(result)).toBe('answer bogus signature-wrong');
  expect(new Set(bench.sent.filter(({ name }) => name === 'www.six.').map(({ address }) => address)).size).toBe(4);
  expect(bench.events.filter(({ event }) => event === 'retry-after-bogus').length).toBe(3);
});

test('truncated over UDP alone: TCP brings it', async () => {
  const overUdp: Behaviour = (reply, { transport }) =>
    transport === 'udp' ? { ...reply, truncated: true, answer: [], authority: [] } : undefined;
  const bench = makeBench(world, { behaviours: [overUdp] });
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  expect(bench.sent.some(({ transport }) => transport === 'tcp')).toBe(true);
});

test.each([Rcode.FORMERR, Rcode.NOTIMP])('a server from before EDNS that says %i serves an unsigned zone (RFC 6891 §7)', async (code) => {
  const old: Behaviour = (reply, { edns }) =>
    edns ? { rcode: code, authoritative: false, answer: [], authority: [], additional: [], edns: false } : reply;
  const bench = makeBench(world, { behaviours: [at(LEAF_AT, old)] });
  expect(said(await bench.ask('www.plain.test.'))).toBe('answer insecure unsigned-delegation');
  expect(stateOf(await bench.ask('www.secure.test.'))).toBe('bogus');
});

test('truncated over TCP too: that server is asked no third time (CVE-2026-123604)', async () => {
  const bench = makeBench(world, { behaviours: [at(LEAF_AT, fetchFaults['truncated over TCP too'] as Behaviour)] });
  await bench.ask('www.secure.test.');
  for (const one of LEAF_AT) expect(bench.sent.filter(({ address }) => address === one).length, one).toBeLessThanOrEqual(2);
});

test('timeouts with near misses lead to TCP', async () => {
  const guessed: Behaviour = (reply, { transport }) => (transport === 'udp' ? { outcome: 'timeout', nearMisses: 3 } : reply);
  const bench = makeBench(world, { behaviours: [guessed] });
  expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  expect(bench.sent.every(({ transport }, i) => transport === (i % 2 ? 'tcp' : 'udp'))).toBe(true);
});

test('the data of a server that lies about an unsigned zone is at least not secure, and the client is told so', async () => {
  const liar = rewrite((r) => (r.type === Type.A ? { ...r, rdata: [Uint8Array.of(6, 6, 6, 6)] } : r));
  const result = await makeBench(world, { behaviours: [at(LEAF_AT, liar)] }).ask('www.plain.test.');
  expect(said(result)).toBe('answer insecure unsigned-delegation');
  expect(dataOf(result)).toEqual(['www.plain.test. A 06060606']);
});

// Referrals are not signed, so one wrong server of the parent can lead astray.
test('one server of the parent that refers to nowhere does not fail a name', async () => {
  const astray = rewrite((r) => (r.type === Type.NS && r.owner.labels === 2 ? rrset('secure.test.', 'NS', ['ns.secure.test.']) : r));
  const verdicts = new Set<string>();
  for (const faulty of TEST_AT) verdicts.add(said(await makeBench(world, { behaviours: [at([faulty], astray)] }).ask('www.secure.test.')));
  expect([...verdicts]).toEqual(['answer secure']);
});
