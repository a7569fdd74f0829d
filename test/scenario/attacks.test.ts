/**
 * What a hostile zone, one bad server of a good zone, or one forged reply may not do: outlive itself, reach its neighbours, cost without
 * bound, or be taken for proved.
 */

import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clientLimits } from '../../src/base/budget.ts';
import { isWithin, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import { createVerifier } from '../../src/crypto/verifier.ts';
import { authenticateDnskeys } from '../../src/dnssec/delegation.ts';
import { makeKey, NOW } from '../vectors/signed-zone.ts';
import { answerFrom } from './authority.ts';
import { healthyWorld, healthyZones, LEAF_AT } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import {
  anchorOf,
  at,
  type Behaviour,
  dataOf,
  flip,
  makeBench,
  makeWorld,
  on,
  rewrite,
  said,
  stateOf,
  timeout,
  unsigned,
} from './world.ts';

const EVIL = '6.6.6.6';
const EVIL_AT = ['192.0.2.66'];
const healthy = healthyWorld();

/** Replaces the answer of one server, for one name whatever the type. */
const forgedAt = (server: string, name: string, forged: Partial<Parameters<Behaviour>[0]>): Behaviour =>
  at([server], (reply, { question }) =>
    textOf(question.qname) === name ? { ...reply, rcode: 0, answer: [], authority: [], additional: [], ...forged } : undefined,
  );

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what one server of two forged does not stay when the other gave what validates', () => {
  test.each(LEAF_AT)('a DNAME at the apex does not take the zone away: %s', async (bad) => {
    const lie = forgedAt(bad, 'x.wild.secure.test.', { answer: [rrset('secure.test.', 'DNAME', ['evil.'])] });
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(said(await bench.ask('x.wild.secure.test.'))).toBe('answer secure');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    expect(said(await bench.ask('www.secure.test.', 'TXT'))).toBe('answer secure');
  });

  test('a DNAME at the root does not take the internet away', async () => {
    const lie = on('none.', 'A', (reply, { server }) =>
      server.address === '192.0.2.1' ? { ...reply, rcode: 0, answer: [rrset('.', 'DNAME', ['evil.'])], authority: [] } : undefined,
    );
    for (const seedBy of [[], ['opt.']]) {
      const bench = makeBench(healthy, { behaviours: [lie] });
      for (const name of seedBy) await bench.ask(name, 'SOA');
      await bench.ask('none.');
      expect(said(await bench.ask('www.secure.test.')), seedBy.join()).toBe('answer secure');
    }
  });

  test.each(LEAF_AT)('an address where there is none: the denial stands, asked again too: %s', async (bad) => {
    const lie = forgedAt(bad, 'none.secure.test.', { answer: [rrset('none.secure.test.', 'A', [EVIL])] });
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(said(await bench.ask('none.secure.test.'))).toBe('nxdomain secure');
    expect(said(await bench.ask('none.secure.test.'))).toBe('nxdomain secure');
  });

  test.each(LEAF_AT)('an address where there is an alias: the alias stands, asked again too: %s', async (bad) => {
    const lie = forgedAt(bad, 'alias.secure.test.', { answer: [rrset('alias.secure.test.', 'A', [EVIL])] });
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(said(await bench.ask('alias.secure.test.'))).toBe('answer secure');
    expect(said(await bench.ask('alias.secure.test.'))).toBe('answer secure');
  });

  test.each(LEAF_AT)('an alias where there is an address: other types are asked for, not taken from the forged alias: %s', async (bad) => {
    const lie = at(
      [bad],
      on('www.secure.test.', 'A', (reply) => ({ ...reply, answer: [rrset('www.secure.test.', 'CNAME', ['www.evil.'])] })),
    );
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    expect(said(await bench.ask('www.secure.test.', 'TXT'))).toBe('answer secure');
  });
});

describe('what is bogus for one question says nothing of another', () => {
  test('NXDOMAIN without proof for one type (load balancers say so for HTTPS): the others are asked for', async () => {
    const lie = on('www.secure.test.', 'TYPE65', (reply) => ({ ...reply, rcode: Rcode.NXDOMAIN }));
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(stateOf(await bench.ask('www.secure.test.', 'TYPE65'))).toBe('bogus');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });

  test('an unsigned alias for one type: the others are asked for', async () => {
    const lie = on('www.secure.test.', 'TYPE65', (reply) => ({ ...reply, answer: [rrset('www.secure.test.', 'CNAME', ['www.evil.'])] }));
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(stateOf(await bench.ask('www.secure.test.', 'TYPE65'))).toBe('bogus');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });

  test('a DNAME without signature for one name, by all servers: the names beside it are asked for', async () => {
    const lie = on('x.secure.test.', 'A', (reply) => ({ ...reply, rcode: 0, answer: [rrset('secure.test.', 'DNAME', ['evil.'])] }));
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(stateOf(await bench.ask('x.secure.test.'))).toBe('bogus');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });

  test('a DNAME without signature in an answer for DS or for a server address: the names beside it are asked for', async () => {
    const lie = on('wild.secure.test.', 'DS', (reply) => ({ ...reply, rcode: 0, answer: [rrset('secure.test.', 'DNAME', ['evil.'])] }));
    const bench = makeBench(healthy, { behaviours: [lie] });
    await bench.ask('wild.secure.test.', 'DS');
    expect(said(await bench.ask('www.secure.test.', 'TXT'))).toBe('answer secure');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });
});

describe('one server of two with keys of its own', () => {
  const stale = makeKey({ algorithm: 13 });
  const leaf = healthy.zone('secure.test.');
  const resigned: Behaviour = (reply, { question }) => {
    if (!isWithin(question.qname, leaf.apex) || question.qtype === Type.DS) return undefined;
    const again = (r: RRset): RRset =>
      r.signatures.length === 0
        ? r
        : leaf.signed.sign({ ...r, rdata: r.type === Type.DNSKEY ? [stale.rdata] : r.rdata, signatures: [] }, { key: stale });
    return { ...reply, answer: reply.answer.map(again), authority: reply.authority.map(again) };
  };

  test.each(LEAF_AT)('does not take the zone away, now or when its keys are renewed: %s', async (bad) => {
    const bench = makeBench(healthy, { behaviours: [at([bad], resigned)] });
    for (const name of ['www', 'host.ent', 'a.wild', 'b.wild', 'c.wild', 'none', 'd.wild']) {
      expect(stateOf(await bench.ask(`${name}.secure.test.`)), `${name} ${bad}`).toBe('secure');
      bench.clock.now += 31;
    }
  });

  test('keys that cannot be renewed leave those that are known', async () => {
    const bench = makeBench(healthy);
    expect(stateOf(await bench.ask('www.secure.test.'))).toBe('secure');
    // From now on one server signs with a key nobody knows, and nobody answers for DNSKEY.
    bench.behave(
      at([LEAF_AT[0] as string], resigned),
      on('secure.test.', 'DNSKEY', () => timeout),
    );
    for (const name of ['host.ent', 'a.wild', 'b.wild']) expect(stateOf(await bench.ask(`${name}.secure.test.`)), name).toBe('secure');
  });
});

describe('a forged refusal of EDNS', () => {
  const refusal: Behaviour = () => ({ rcode: Rcode.FORMERR, authoritative: false, answer: [], authority: [], additional: [], edns: false });

  test('once for each server does not take the signatures of its zones away (CVE-2026-52690)', async () => {
    const world = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: ['192.0.2.21', '192.0.2.22'], records: ['www A 10.0.0.1', 'mail A 10.0.0.2'] },
    ]);
    const bench = makeBench(world, {
      behaviours: [(reply, query) => (query.edns && query.server.address !== '192.0.2.1' ? refusal(reply, query) : undefined)],
    });
    await bench.ask('www.leaf.');
    bench.behave();
    bench.clock.now += 61; // what is bogus is forgotten
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    expect(said(await bench.ask('mail.leaf.'))).toBe('answer secure');
  });
});

describe('the failure of one query is no failure of another', () => {
  /** Of the 7,700 ms that the work of one query may take. */
  const NEARLY_ALL_MS = 7_680;
  /** 40 ms away; whoever waits less hears nothing. */
  const farAway = (addresses: readonly string[], pass: (milliseconds: number) => void): Behaviour =>
    at(addresses, (_reply, { timeoutMs }) => {
      pass(Math.min(40, timeoutMs));
      return timeoutMs < 40 ? timeout : undefined;
    });

  test('a client whose time is all but over does not have a healthy name remembered as failed', async () => {
    let elapsed = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
    const world = makeWorld([
      ...healthyZones,
      { apex: 'evil.', at: EVIL_AT, records: ['slow CNAME www.secure.test.'], signing: 'unsigned' },
    ]);
    const far = farAway(LEAF_AT, (milliseconds) => {
      elapsed += milliseconds;
    });
    const slow: Behaviour = on('slow.evil.', 'A', () => {
      elapsed += NEARLY_ALL_MS;
      return undefined;
    });
    const bench = makeBench(world, { behaviours: [far, slow] });
    expect(said(await bench.ask('host.ent.secure.test.'))).toBe('answer secure');
    expect(stateOf(await bench.ask('slow.evil.'))).toBe('indeterminate');
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });

  test('nor does it mark the servers that it did not wait for', async () => {
    let elapsed = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
    const world = makeWorld([
      ...healthyZones,
      {
        apex: 'evil.',
        at: EVIL_AT,
        records: Array.from({ length: 8 }, (_, i) => `a${i} CNAME n${i}.wild.secure.test.`),
        signing: 'unsigned',
      },
    ]);
    const far = farAway(LEAF_AT, (milliseconds) => {
      elapsed += milliseconds;
    });
    const slow: Behaviour = at(EVIL_AT, (_reply, { question }) => {
      if (question.qname.labels === 2) elapsed += NEARLY_ALL_MS;
      return undefined;
    });
    let waits: number[] = [];
    const listen: Behaviour = at(LEAF_AT, (_reply, { timeoutMs }) => {
      waits.push(timeoutMs);
      return undefined;
    });
    const bench = makeBench(world, { behaviours: [listen, far, slow] });
    for (const name of ['host.ent', 'x.wild', 'y.wild', 'z.wild']) await bench.ask(`${name}.secure.test.`);
    const patience = Math.max(...waits.slice(-2));
    for (let i = 0; i < 8; i++) await bench.ask(`a${i}.evil.`);
    waits = [];
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeLessThanOrEqual(patience);
  });

  /** zone0 needs zone1 needs zone2 … each for the address of its only server; the last needs the server of the victim's host. */
  const chain = (length: number, end: string) =>
    Array.from({ length }, (_, i) => ({
      apex: `e${i}.evil.`,
      at: [`192.0.2.${150 + i}`],
      ns: [i + 1 < length ? `ns.e${i + 1}.evil.` : end],
      records: ['ns A 192.0.2.199', 'www A 10.0.0.6'],
      signing: 'unsigned' as const,
    }));

  test.each([6, 7, 8, 9, 10, 11])('a chain of %i zones that ends by its depth at a healthy host leaves that host alone', async (length) => {
    const world = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'evil.', at: EVIL_AT, signing: 'unsigned' },
      ...chain(length, 'ns.host.'),
      { apex: 'victim.', at: ['192.0.2.31'], ns: ['ns.host.'], records: ['www A 10.0.0.1'] },
      { apex: 'host.', at: ['192.0.2.32'], ns: ['ns.infra.'], records: ['ns A 192.0.2.31'] },
      { apex: 'infra.', at: ['192.0.2.33'], records: ['ns A 192.0.2.32'] },
    ]);
    const bench = makeBench(world);
    await bench.ask('www.e0.evil.');
    expect(said(await bench.ask('www.victim.'))).toBe('answer secure');
  });

  test('a question that a lookup with little time began is not over for a client who joins it', async () => {
    let elapsed = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
    const far = farAway(LEAF_AT, (milliseconds) => {
      elapsed += milliseconds;
    });
    const bench = makeBench(healthy, { behaviours: [far] });
    await bench.ask('host.ent.secure.test.');
    const question = { qname: parseName('www.secure.test.'), qtype: Type.A, qclass: 1 };
    const [, joined] = await Promise.all([bench.resolver.resolve(question, { deadlineMs: 320 }), bench.resolver.resolve(question)]);
    expect(said(joined as Awaited<typeof joined>)).toBe('answer secure');
  });
});

describe('cost of one question', () => {
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'evil.', at: EVIL_AT, signing: 'unsigned' },
    { apex: 'fine.', at: ['192.0.2.54'], records: ['www A 10.0.0.1'] },
  ]);

  test.each([2, 8])('a tree of delegations, each by %i servers that are each in a new zone, stays within the limit', async (width) => {
    let zones = 0;
    const tree: Behaviour = at(EVIL_AT, (reply, { question }) => {
      const labels = textOf(question.qname).split('.').filter(Boolean);
      if (labels.length < 2) return undefined;
      const servers = Array.from({ length: width }, () => `ns.z${++zones}.evil.`);
      return { ...reply, rcode: 0, authoritative: false, answer: [], authority: [rrset(`${labels.at(-2)}.evil.`, 'NS', servers)] };
    });
    const bench = makeBench(world, { behaviours: [tree] });
    expect(stateOf(await bench.ask('www.z0.evil.'))).toBe('indeterminate');
    expect(said(await bench.ask('www.fine.'))).toBe('answer secure');
    expect(bench.sent.length).toBeLessThanOrEqual(clientLimits.upstreamQueries + 20);
  });
});

describe('memory', () => {
  test('a zone of thousands of keys does not have them all held', () => {
    const leaf = healthy.zone('secure.test.');
    const many = Array.from({ length: 3_000 }, (_, i) => Uint8Array.of(1, 0, 3, 13, i >> 8, i & 255));
    const keys: RRset = {
      owner: leaf.apex,
      type: Type.DNSKEY,
      class: 1,
      ttl: 3600,
      rdata: [leaf.signed.key.rdata, ...many],
      signatures: [],
    };
    const context = { now: NOW, spend: () => {}, verifier: createVerifier(), policy: { sha1Signatures: false, sha1Digest: true } };
    const verdict = authenticateDnskeys(leaf.apex, leaf.signed.sign(keys), { ds: anchorOf(leaf).ds, dnskeys: [] }, context);
    expect(verdict.verdict === 'secure' ? verdict.keys.keys.length : 0).toBeLessThanOrEqual(256);
  });
});

describe('denials', () => {
  test('ANY is not denied by a record that lists types', async () => {
    const denial = answerFrom([healthy.zone('secure.test.')], { qname: parseName('www.secure.test.'), qtype: Type.MX, qclass: 1 });
    const bench = makeBench(healthy, { behaviours: [on('www.secure.test.', 'ANY', () => denial)] });
    expect(stateOf(await bench.ask('www.secure.test.', 'ANY'))).toBe('bogus');
  });

  test('a denial ends when the signature of its SOA does', async () => {
    const leaf = healthy.zone('secure.test.');
    const short = rewrite((r) =>
      r.type === Type.SOA && textOf(r.owner) === 'secure.test.' ? leaf.signed.sign({ ...r, signatures: [] }, { expiration: NOW + 20 }) : r,
    );
    const bench = makeBench(healthy, { behaviours: [short] });
    const denial = await bench.ask('none.secure.test.');
    expect(said(denial)).toBe('nxdomain secure');
    expect(denial.expires).toBeLessThanOrEqual(NOW + 20);
  });

  test('a SOA lives no longer than its original TTL, whoever raises it', async () => {
    const leaf = healthy.zone('secure.test.');
    const raised = rewrite((r) =>
      r.type === Type.SOA && textOf(r.owner) === 'secure.test.' ? { ...leaf.signed.sign({ ...r, ttl: 5, signatures: [] }), ttl: 3600 } : r,
    );
    const bench = makeBench(healthy, { behaviours: [raised] });
    expect((await bench.ask('none.secure.test.')).expires).toBeLessThanOrEqual(NOW + 5);
  });
});

describe('times', () => {
  test('minTtl does not prolong a negative trust anchor', async () => {
    const negative = { zone: parseName('bogus.test.'), reason: 'broken', until: NOW + 10 };
    const bench = makeBench(healthy, { settings: { negativeTrustAnchors: [negative], minTtl: 300 } });
    expect(stateOf(await bench.ask('www.bogus.test.'))).toBe('insecure');
    bench.clock.now += 11;
    expect(stateOf(await bench.ask('www.bogus.test.'))).toBe('bogus');
  });

  test('a delegation lives no longer than maxTtl, whatever TTL came with it', async () => {
    const zone = (address: string, host: string) =>
      makeWorld([
        { apex: '.', at: ['192.0.2.1'] },
        { apex: 'moved.', at: [address], records: [`www A ${host}`], signing: 'unsigned', ttl: 60 },
      ]);
    const long = at(
      ['192.0.2.1'],
      rewrite((r) => ({ ...r, ttl: 0x7fffffff })),
    );
    const bench = makeBench(zone('192.0.2.41', '10.0.0.1'), { behaviours: [long], settings: { maxTtl: 3600 } });
    await bench.ask('www.moved.');
    bench.moveTo(zone('192.0.2.42', '10.0.0.2'));
    bench.clock.now += 7200;
    expect(dataOf(await bench.ask('www.moved.'))).toEqual(['www.moved. A 0a000002']);
  });
});

describe('a referral that proves nothing', () => {
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'tld.', at: ['192.0.2.11'], records: ['other A 10.0.0.9'] },
    { apex: 'bare.tld.', at: ['192.0.2.21'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
    { apex: 'leaf.tld.', at: ['192.0.2.22'], records: ['www A 10.0.0.1'] },
  ]);
  const isReferral = (reply: Parameters<Behaviour>[0]) => reply.authority.some(({ type }) => type === Type.NS);
  const other = answerFrom([world.zone('tld.')], { qname: parseName('other.tld.'), qtype: Type.MX, qclass: 1 }).authority.filter(
    ({ type }) => type === Type.NSEC,
  );

  test('its parent, though it has one server alone, is asked for DS: no DS', async () => {
    const wrong = at(['192.0.2.11'], (reply) =>
      isReferral(reply) ? { ...reply, authority: [...reply.authority.filter(({ type }) => type === Type.NS), ...other] } : undefined,
    );
    expect(said(await makeBench(world, { behaviours: [wrong] }).ask('www.bare.tld.'))).toBe('answer insecure unsigned-delegation');
  });

  test('its parent, though it has one server alone, is asked for DS: a DS', async () => {
    const wrong = at(['192.0.2.11'], (reply) =>
      isReferral(reply)
        ? { ...reply, authority: reply.authority.map((r) => (r.type === Type.DS ? { ...r, rdata: r.rdata.map(flip) } : r)) }
        : undefined,
    );
    expect(said(await makeBench(world, { behaviours: [wrong] }).ask('www.leaf.tld.'))).toBe('answer secure');
  });

  test('a denial of DS in the referral of a signed zone does not make it insecure', async () => {
    const bare = world.zone('tld.').proofOf(parseName('bare.tld.'));
    for (const proof of [other, bare, []]) {
      const wrong = at(['192.0.2.11'], (reply) =>
        isReferral(reply) ? { ...reply, authority: [...reply.authority.filter(({ type }) => type === Type.NS), ...proof] } : undefined,
      );
      const result = await makeBench(world, { behaviours: [wrong, on('www.leaf.tld.', 'A', unsigned)] }).ask('www.leaf.tld.');
      expect(['bogus', 'indeterminate']).toContain(stateOf(result));
    }
  });
});

describe('a name that the zone above denies and a configured zone has', () => {
  const server = { address: '192.0.2.90', port: 53 };
  const world = makeWorld([{ apex: '.', at: ['192.0.2.1'] }]);
  const corp = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'corp.', at: [server.address], records: ['@ MX 10 mail.corp.', 'mail A 10.0.0.1'], signing: 'unsigned' },
  ]);
  (world.servers as Map<string, unknown>).set(server.address, [corp.zone('corp.')]);
  const zones = [{ zone: parseName('corp.'), servers: [server], first: false, validate: true }];
  const negativeTrustAnchors = [{ zone: parseName('corp.'), reason: 'ours', until: NOW + 100_000 }];

  test.each(['stub', 'forward'] as const)('%s: whoever asks for its DS does not take its other records away', async (kind) => {
    const bench = makeBench(world, { settings: { [kind]: zones, negativeTrustAnchors } });
    expect(said(await bench.ask('corp.', 'DS'))).toBe('nxdomain secure');
    expect(said(await bench.ask('corp.', 'MX'))).toBe('answer insecure negative-trust-anchor');
    expect(said(await bench.ask('mail.corp.'))).toBe('answer insecure negative-trust-anchor');
  });

  test('an island there is not made insecure, nor its names denied, by a forged denial of its keys with the proof of the zone above', async () => {
    const signed = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'corp.', at: [server.address], records: ['@ MX 10 mail.corp.', 'mail A 10.0.0.1'], ds: 'none' },
    ]);
    const island = signed.zone('corp.');
    const made = makeWorld([{ apex: '.', at: ['192.0.2.1'] }]);
    (made.servers as Map<string, unknown>).set(server.address, [island]);
    const denial = answerFrom([made.root], { qname: parseName('corp.'), qtype: Type.MX, qclass: 1 });
    const settings = { stub: zones, anchors: [anchorOf(made.root), anchorOf(island)] };
    const deny: Behaviour = at([server.address], (reply, { question }) =>
      question.qtype === Type.DNSKEY ? denial : unsigned(reply, undefined as never),
    );
    const bench = makeBench(made, { behaviours: [deny], settings });
    expect(['bogus', 'indeterminate']).toContain(stateOf(await bench.ask('mail.corp.')));
    const denyAll = makeBench(made, { behaviours: [at([server.address], () => denial)], settings });
    expect(['bogus', 'indeterminate']).toContain(stateOf(await denyAll.ask('mail.corp.')));
    expect(said(await makeBench(made, { settings }).ask('mail.corp.'))).toBe('answer secure');
  });
});

describe('what a hostile zone makes of the servers of another', () => {
  const LEAF = '192.0.2.21';
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'leaf.', at: [LEAF], records: ['www A 10.0.0.1', 'mail A 10.0.0.2'] },
    { apex: 'evil.', at: EVIL_AT, signing: 'unsigned' },
  ]);
  /** evil. refers every name below it to the server of leaf., with glue. */
  const pointing: Behaviour = at(EVIL_AT, (reply, { question }) => {
    const [child] = textOf(question.qname).split('.').slice(-3, -2);
    return child === undefined || child === ''
      ? undefined
      : {
          ...reply,
          rcode: 0,
          authoritative: false,
          answer: [],
          authority: [rrset(`${child}.evil.`, 'NS', [`ns.${child}.evil.`])],
          additional: [rrset(`ns.${child}.evil.`, 'A', [LEAF])],
        };
  });

  test.each<[string, Behaviour]>([
    ['silent', () => timeout],
    ['refusing', () => ({ rcode: Rcode.REFUSED, authoritative: false, answer: [], authority: [], additional: [], edns: false })],
    ['referring upwards', () => ({ rcode: 0, authoritative: false, answer: [], authority: [rrset('.', 'NS', ['a.'])], additional: [] })],
    [
      'said not to implement it',
      () => ({ rcode: Rcode.NOTIMP, authoritative: false, answer: [], authority: [], additional: [], edns: false }),
    ],
  ])('delegated to by zones it does not have, and %s: it still serves its own', async (_title, how) => {
    const foreign = at([LEAF], (reply, query) => (textOf(query.question.qname).endsWith('leaf.') ? undefined : how(reply, query)));
    const bench = makeBench(world, { behaviours: [pointing, foreign] });
    for (let i = 0; i < 8; i++) await bench.ask(`www.x${i}.evil.`);
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    bench.clock.now += 61;
    expect(said(await bench.ask('mail.leaf.'))).toBe('answer secure');
  });

  test('a server that implements no new types, with EDNS or without, is not thought to lack EDNS', async () => {
    const old = on('www.leaf.', 'TYPE65', () => ({
      rcode: Rcode.NOTIMP,
      authoritative: false,
      answer: [],
      authority: [],
      additional: [],
      edns: false,
    }));
    const bench = makeBench(world, { behaviours: [old] });
    await bench.ask('www.leaf.', 'TYPE65');
    expect(said(await bench.ask('mail.leaf.'))).toBe('answer secure');
  });
});

describe('addresses of servers', () => {
  const world = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'host.', at: ['192.0.2.31', '192.0.2.32'], records: ['ns A 192.0.2.41', 'ns2 A 192.0.2.41'] },
    { apex: 'plain.', at: ['192.0.2.41'], ns: ['ns.host.'], records: ['www A 10.0.0.1'], signing: 'unsigned' },
  ]);
  const forged = (servers: readonly string[]): Behaviour =>
    at(
      servers,
      on('ns.host.', 'A', (reply) => ({ ...reply, answer: [rrset('ns.host.', 'A', [EVIL])] })),
    );

  test('one that is known to be bogus is not asked', async () => {
    const bench = makeBench(world, { behaviours: [forged(['192.0.2.31', '192.0.2.32'])] });
    expect(stateOf(await bench.ask('ns.host.'))).toBe('bogus');
    bench.behave();
    const before = bench.sent.length;
    await bench.ask('www.plain.');
    expect(bench.sent.slice(before).some(({ address }) => address === EVIL)).toBe(false);
  });

  test.each(['192.0.2.31', '192.0.2.32'])('one that nobody judged is judged before a client gets it: forged by %s', async (bad) => {
    const bench = makeBench(world, { behaviours: [forged([bad])] });
    await bench.ask('www.plain.');
    expect(said(await bench.ask('ns.host.'))).toBe('answer secure');
    expect(dataOf(await bench.ask('ns.host.'))).toEqual(['ns.host. A c0000229']);
  });
});

describe('signatures that name other zones', () => {
  test.each(['.', 'test.', 'www.secure.test.', 'plain.test.', 'island.test.', 'a.b.c.secure.test.'])(
    'an RRSIG said to be by %s makes nothing insecure, nor does one beside the true one take the answer away',
    async (signer) => {
      const { signed } = healthy.zone('three.test.');
      const sign = (r: RRset) => signed.sign(r, { signer: parseName(signer) });
      const isIt = (r: RRset) => textOf(r.owner) === 'www.secure.test.' && r.type === Type.A;
      const instead = rewrite((r) => (isIt(r) ? sign({ ...r, rdata: [Uint8Array.of(6, 6, 6, 6)], signatures: [] }) : r));
      expect(stateOf(await makeBench(healthy, { behaviours: [at(LEAF_AT, instead)] }).ask('www.secure.test.'))).toBe('bogus');
      const beside = rewrite((r) => (isIt(r) ? { ...r, signatures: [...sign({ ...r, signatures: [] }).signatures, ...r.signatures] } : r));
      expect(said(await makeBench(healthy, { behaviours: [at(LEAF_AT, beside)] }).ask('www.secure.test.'))).toBe('answer secure');
    },
  );
});
