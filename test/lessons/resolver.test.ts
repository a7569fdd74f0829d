/** Faults of other resolvers in walking, judging and asking, on the scripted internet (docs/lessons.md has the list). */

import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { composeQuery } from '../../src/net/query.ts';
import { anchorOf, at, type Behaviour, makeBench, makeWorld, on, rewrite, said, stateOf } from '../scenario/world.ts';
import type { ZoneText } from '../scenario/zone.ts';

const LEAF = '192.0.2.21';
const worldWith = (leaf: Partial<ZoneText>) =>
  makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'test.', at: ['192.0.2.11'] },
    { apex: 'leaf.test.', at: [LEAF], records: ['www A 10.0.0.1'], ...leaf },
  ]);

test('CVE-2026-3592: a server that several names stand for is asked no oftener than one', async () => {
  const names = Array.from({ length: 8 }, (_, i) => `ns${i + 1}.leaf.test.`);
  const silent: Behaviour = () => ({ outcome: 'timeout', nearMisses: 0 });
  const asked = async (ns: readonly string[]) => {
    const bench = makeBench(worldWith({ ns, at: ns.map(() => LEAF) }), { behaviours: [at([LEAF], silent)] });
    expect(stateOf(await bench.ask('www.leaf.test.'))).toBe('indeterminate');
    return bench.sent.filter(({ address }) => address === LEAF).length;
  };
  expect(await asked(names)).toBe(await asked(names.slice(0, 1)));
});

test('CVE-2023-26437: waits that forged replies filled do not mark a server as dead', async () => {
  const world = worldWith({});
  const bench = makeBench(world, { settings: { synthesis: false } });
  await bench.ask('www.leaf.test.');
  bench.behave(at([LEAF], (_reply, { transport }) => (transport === 'udp' ? { outcome: 'timeout', nearMisses: 3 } : undefined)));
  const before = bench.sent.length;
  for (let i = 0; i < 4; i++) expect(said(await bench.ask(`none${i}.leaf.test.`))).toBe('nxdomain secure');
  const waits = bench.sent.slice(before).filter(({ transport }) => transport === 'udp');
  expect(waits.length).toBe(4);
});

test('CVE-2023-26437: nor do they have it waited for longer and longer', async () => {
  const bench = makeBench(worldWith({}), { settings: { synthesis: false } });
  await bench.ask('www.leaf.test.');
  const waits: number[] = [];
  const forging: Behaviour = (_reply, { transport, timeoutMs }) => {
    if (transport === 'tcp') return { outcome: 'malformed', fault: 'truncated' };
    waits.push(timeoutMs);
    return { outcome: 'timeout', nearMisses: 3 };
  };
  bench.behave(at([LEAF], forging));
  for (let i = 0; i < 4; i++) expect(stateOf(await bench.ask(`none${i}.leaf.test.`))).toBe('indeterminate');
  expect(waits.length).toBeGreaterThanOrEqual(4);
  expect(new Set(waits).size).toBe(1);
});

test('CVE-2026-35501, CVE-2026-50106: an anchor is not set aside by a name error that is not proved', async () => {
  const world = worldWith({ ds: 'none' });
  const leaf = world.zone('leaf.test.');
  const denied: Behaviour = (reply) => ({
    ...reply,
    rcode: 3,
    answer: [],
    authority: reply.authority.filter(({ type }) => type !== Type.NSEC),
  });
  const anchors = [anchorOf(world.root), anchorOf(leaf)];
  const bench = makeBench(world, { settings: { anchors }, behaviours: [on('leaf.test.', 'DNSKEY', denied)] });
  expect(stateOf(await bench.ask('www.leaf.test.'))).not.toBe('insecure');
});

test('CVE-2026-123581: of all RRsets in an answer to ANY the worst decides', async () => {
  const world = worldWith({ records: ['www A 10.0.0.1', 'www TXT hello', 'www MX 10 www.leaf.test.'] });
  for (const stripped of [Type.A, Type.TXT, Type.MX]) {
    const strip = rewrite((rrset) => (rrset.type === stripped ? { ...rrset, signatures: [] } : rrset));
    const bench = makeBench(world, { behaviours: [on('www.leaf.test.', 'ANY', strip)] });
    expect(stateOf(await bench.ask('www.leaf.test.', 'ANY'))).toBe('bogus');
  }
});

test('CVE-2026-52686: a CNAME that a wildcard made does not deny the DS of a zone', async () => {
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'test.', at: ['192.0.2.11'], records: ['*.test. CNAME elsewhere.test.', 'elsewhere.test. A 10.0.0.9'] },
    { apex: 'leaf.test.', at: [LEAF], records: ['www A 10.0.0.66'] },
  ]);
  const parent = world.zone('test.');
  const forged: Behaviour = (reply) => {
    const cname = parent.nodes.get(parseName('*.test.').key)?.sets.get(Type.CNAME);
    if (!cname) throw new Error('the zone has no wildcard');
    const made = parent.signed.sign({ ...cname, owner: parseName('leaf.test.') }, { labels: 1 });
    return { ...reply, rcode: 0, authoritative: true, answer: [made], authority: [] };
  };
  const noProof: Behaviour = at(['192.0.2.11'], (reply) => ({
    ...reply,
    authority: reply.authority.filter(({ type }) => type !== Type.DS),
  }));
  const unsigned = at(
    [LEAF],
    rewrite((rrset) => ({ ...rrset, signatures: [] })),
  );
  const bench = makeBench(world, { behaviours: [noProof, on('leaf.test.', 'DS', forged), unsigned] });
  // Were it believed, the zone above would have to sign the name: bogus too, but by another's fault and for as long as the alias lives.
  expect(said(await bench.ask('www.leaf.test.'))).toBe('answer bogus denial-missing');
});

test('CVE-2025-40780: the message ID is drawn anew for each query, from all 65,536', () => {
  const drawn: number[] = [];
  const random = (bound: number) => {
    drawn.push(bound);
    return drawn.length * 1_000;
  };
  const query = {
    server: { address: '192.0.2.1', port: 53 },
    question: { qname: parseName('www.test.'), qtype: Type.A, qclass: 1 },
    transport: 'udp',
    edns: true,
    recursionDesired: false,
    caseRandomisation: false,
    timeoutMs: 1_000,
  } as const;
  const ids = [composeQuery(query, random).id, composeQuery(query, random).id];
  expect(drawn).toEqual([0x10000, 0x10000]);
  expect(ids).toEqual([1_000, 2_000]);
});
