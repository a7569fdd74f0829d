import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base32hex, nsec3Hash } from '../../src/sandbox/denial.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';
import { nameOf } from '../../src/sandbox/name.ts';
import { type Ask, askTcp, askUdp, exchangeTcp, exchangeUdp, framed, queryOctets, readPacket, summary } from './client.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, now: 1_800_000_000, addressBase: '127.53.3' });
});
afterAll(() => sandbox.stop());

const tld = 'a.nic.sandbox';
const secure = 'ns1.secure.sandbox';
const alias = 'ns1.alias.sandbox';
const wildcard = 'ns1.wildcard.sandbox';
const ed448 = 'ns1.ed448.sandbox';

describe('referrals (RFC 1034 §4.3.2, RFC 4035 §3.1.4)', () => {
  test.each([
    {
      title: 'signed child: NS, glue, DS',
      ask: { server: tld, name: 'www.secure.sandbox', type: 'A' },
      authority: ['secure.sandbox NS', 'secure.sandbox NS', 'secure.sandbox DS', 'secure.sandbox RRSIG(DS)'],
      additional: ['ns1.secure.sandbox A', 'ns2.secure.sandbox A'],
    },
    {
      title: 'unsigned child: NSEC without DS',
      ask: { server: tld, name: 'unsigned.sandbox', type: 'MX' },
      authority: ['unsigned.sandbox NS', 'unsigned.sandbox NS', 'unsigned.sandbox NSEC', 'unsigned.sandbox RRSIG(NSEC)'],
      additional: ['ns1.unsigned.sandbox A', 'ns2.unsigned.sandbox A'],
    },
    {
      title: 'sibling glue',
      ask: { server: tld, name: 'secure-mx.sandbox', type: 'MX', dnssec: false },
      authority: ['secure-mx.sandbox NS'],
      additional: ['ns1.secure.sandbox A'],
    },
    {
      title: 'no glue for servers of another top level domain',
      ask: { server: tld, name: 'hosted.sandbox', type: 'MX', dnssec: false },
      authority: ['hosted.sandbox NS', 'hosted.sandbox NS'],
      additional: [],
    },
  ])('$title', async ({ ask, authority, additional }) => {
    const reply = await askUdp(sandbox, ask);
    expect(reply).toMatchObject({ rcode: 'NOERROR', flag_aa: false, answers: [] });
    expect(summary(reply.authorities)).toEqual(authority);
    expect(summary(reply.additionals)).toEqual(additional);
  });

  test.each(['optout.sandbox', 'mx.optout.sandbox', 'mail.registry.sandbox'])(
    '%s: its DS is denied by NSEC3 with opt-out',
    async (name) => {
      const reply = await askUdp(sandbox, { server: name.includes('registry') ? 'ns1.registry.sandbox' : tld, name, type: 'MX' });
      const flags = (reply.authorities ?? []).flatMap((record) => (record.type === 'NSEC3' ? [record.data.flags] : []));
      expect([...new Set(flags)]).toEqual([1]);
      expect(summary(reply.authorities).some((line) => line.endsWith(' NSEC'))).toBe(false);
    },
  );
});

const answers: readonly { title: string; ask: Ask; rcode?: string; answer: string[]; authority?: string[] }[] = [
  {
    title: 'data with its signature',
    ask: { server: secure, name: 'secure.sandbox', type: 'MX' },
    answer: ['secure.sandbox MX', 'secure.sandbox RRSIG(MX)'],
  },
  {
    title: 'DO clear: no DNSSEC records',
    ask: { server: secure, name: 'secure.sandbox', type: 'MX', dnssec: false },
    answer: ['secure.sandbox MX'],
  },
  {
    title: 'no EDNS: no DNSSEC records',
    ask: { server: secure, name: 'mx.secure.sandbox', type: 'A', size: 0 },
    answer: ['mx.secure.sandbox A'],
  },
  {
    title: 'case of QNAME does not matter',
    ask: { server: secure, name: 'SeCuRe.SANDbox', type: 'MX', dnssec: false },
    answer: ['SeCuRe.SANDbox MX'],
  },
  {
    title: 'DS is the parent’s',
    ask: { server: tld, name: 'secure.sandbox', type: 'DS' },
    answer: ['secure.sandbox DS', 'secure.sandbox RRSIG(DS)'],
  },
  {
    title: 'DS asked of the child: NODATA',
    ask: { server: secure, name: 'secure.sandbox', type: 'DS' },
    answer: [],
    authority: ['secure.sandbox SOA', 'secure.sandbox RRSIG(SOA)', 'secure.sandbox NSEC', 'secure.sandbox RRSIG(NSEC)'],
  },
  {
    title: 'DS where the server has parent and child: NODATA of the parent',
    ask: { server: 'ns1.insecure-tlsa.sandbox', name: '_tcp.mx.insecure-tlsa.sandbox', type: 'DS' },
    answer: [],
    authority: [
      'insecure-tlsa.sandbox SOA',
      'insecure-tlsa.sandbox RRSIG(SOA)',
      '_tcp.mx.insecure-tlsa.sandbox NSEC',
      '_tcp.mx.insecure-tlsa.sandbox RRSIG(NSEC)',
    ],
  },
  {
    title: 'unsigned zone: a denial is its SOA',
    ask: { server: 'ns1.unsigned.sandbox', name: 'nope.unsigned.sandbox', type: 'A' },
    rcode: 'NXDOMAIN',
    answer: [],
    authority: ['unsigned.sandbox SOA'],
  },
  {
    title: 'NXDOMAIN: SOA, NSEC over the name, NSEC over the wildcard',
    ask: { server: tld, name: 'nope.sandbox', type: 'A' },
    rcode: 'NXDOMAIN',
    answer: [],
    authority: [
      'sandbox SOA',
      'sandbox RRSIG(SOA)',
      'no-tlsa.sandbox NSEC',
      'no-tlsa.sandbox RRSIG(NSEC)',
      'sandbox NSEC',
      'sandbox RRSIG(NSEC)',
    ],
  },
  {
    title: 'empty non-terminal: NODATA, by the NSEC that spans it',
    ask: { server: secure, name: '_tcp.mx.secure.sandbox', type: 'TLSA' },
    answer: [],
    authority: ['secure.sandbox SOA', 'secure.sandbox RRSIG(SOA)', 'mx.secure.sandbox NSEC', 'mx.secure.sandbox RRSIG(NSEC)'],
  },
  {
    title: 'alias across a zone cut',
    ask: { server: alias, name: 'www.alias.sandbox', type: 'A' },
    answer: ['www.alias.sandbox CNAME', 'www.alias.sandbox RRSIG(CNAME)'],
  },
  {
    title: 'chain of aliases within the zone',
    ask: { server: alias, name: 'chain.alias.sandbox', type: 'A', dnssec: false },
    answer: ['chain.alias.sandbox CNAME', 'www.alias.sandbox CNAME'],
  },
  {
    title: 'CNAME asked for is not followed',
    ask: { server: alias, name: 'chain.alias.sandbox', type: 'CNAME', dnssec: false },
    answer: ['chain.alias.sandbox CNAME'],
  },
  {
    title: 'alias out of a wildcard, followed within the zone: the proof of the expansion stays',
    ask: { server: alias, name: 'x.pages.alias.sandbox', type: 'A' },
    answer: [
      'x.pages.alias.sandbox CNAME',
      'x.pages.alias.sandbox RRSIG(CNAME)',
      'www.alias.sandbox CNAME',
      'www.alias.sandbox RRSIG(CNAME)',
    ],
    authority: ['*.pages.alias.sandbox NSEC', '*.pages.alias.sandbox RRSIG(NSEC)'],
  },
  {
    title: 'loop of aliases: each once',
    ask: { server: alias, name: 'loop.alias.sandbox', type: 'A', dnssec: false },
    answer: ['loop.alias.sandbox CNAME', 'pool.alias.sandbox CNAME'],
  },
  {
    title: 'DNAME with a CNAME made of it',
    ask: { server: alias, name: 'www.tree.alias.sandbox', type: 'A' },
    answer: ['tree.alias.sandbox DNAME', 'tree.alias.sandbox RRSIG(DNAME)', 'www.tree.alias.sandbox CNAME'],
  },
  {
    title: 'DNAME does not move its owner',
    ask: { server: alias, name: 'tree.alias.sandbox', type: 'A', dnssec: false },
    answer: [],
    authority: ['alias.sandbox SOA'],
  },
  {
    title: 'wildcard: expanded, with NSEC that the name does not exist',
    ask: { server: wildcard, name: 'nope.wildcard.sandbox', type: 'A' },
    answer: ['nope.wildcard.sandbox A', 'nope.wildcard.sandbox RRSIG(A)'],
    authority: ['*.wildcard.sandbox NSEC', '*.wildcard.sandbox RRSIG(NSEC)'],
  },
  {
    title: 'wildcard NODATA',
    ask: { server: wildcard, name: 'nope.wildcard.sandbox', type: 'AAAA' },
    answer: [],
    authority: ['wildcard.sandbox SOA', 'wildcard.sandbox RRSIG(SOA)', '*.wildcard.sandbox NSEC', '*.wildcard.sandbox RRSIG(NSEC)'],
  },
];

describe('answers (RFC 4035 §3.1, RFC 4592, RFC 6672)', () => {
  test.each(answers)('$title', async ({ ask, rcode = 'NOERROR', answer, authority = [] }) => {
    const reply = await askUdp(sandbox, ask);
    expect(reply).toMatchObject({ rcode, flag_aa: true, flag_tc: false, flag_ra: false });
    expect(summary(reply.answers)).toEqual(answer);
    expect(summary(reply.authorities)).toEqual(authority);
  });

  test('RFC 8109: NS of the root come with their addresses', async () => {
    const reply = await askUdp(sandbox, { server: 'b.root-servers', name: '.', type: 'NS', dnssec: false });
    expect(summary(reply.answers)).toEqual(['. NS', '. NS']);
    expect(summary(reply.additionals)).toEqual(['a.root-servers A', 'b.root-servers A']);
  });

  test.each([
    { title: 'NXDOMAIN: encloser, next closer, wildcard', name: 'nope.ed448.sandbox', type: 'A', rcode: 'NXDOMAIN', atMost: 3 },
    { title: 'NODATA: one that matches', name: 'mx.ed448.sandbox', type: 'AAAA', rcode: 'NOERROR', atMost: 1 },
    { title: 'empty non-terminal: one that matches', name: 'deep.empty.ed448.sandbox', type: 'A', rcode: 'NOERROR', atMost: 1 },
    { title: 'wildcard: one that covers', name: 'x.y.any.ed448.sandbox', type: 'A', rcode: 'NOERROR', atMost: 1 },
    { title: 'wildcard NODATA: encloser, next closer, wildcard', name: 'x.any.ed448.sandbox', type: 'MX', rcode: 'NOERROR', atMost: 3 },
  ])('RFC 5155 §7.2, $title', async ({ name, type, rcode, atMost }) => {
    const reply = await askTcp(sandbox, { server: ed448, name, type });
    const proofs = summary(reply.authorities).filter((line) => line.endsWith(' NSEC3'));
    expect(reply).toMatchObject({ rcode, flag_aa: true });
    expect(proofs.length).toBeGreaterThanOrEqual(1); // one record may do two duties
    expect(proofs.length).toBeLessThanOrEqual(atMost);
    expect(new Set(proofs).size).toBe(proofs.length);
    expect(summary(reply.authorities).filter((line) => line.endsWith('RRSIG(NSEC3)'))).toHaveLength(proofs.length);
  });

  test.each([
    {
      title: 'NXDOMAIN',
      server: ed448,
      name: 'a.nope.ed448.sandbox',
      matched: 'ed448.sandbox',
      covered: ['nope.ed448.sandbox', '*.ed448.sandbox'],
    },
    { title: 'wildcard', server: ed448, name: 'x.y.any.ed448.sandbox', covered: ['y.any.ed448.sandbox'] },
    {
      title: 'wildcard NODATA',
      server: ed448,
      name: 'y.any.ed448.sandbox',
      type: 'MX',
      matched: 'any.ed448.sandbox',
      covered: ['y.any.ed448.sandbox'],
    },
    {
      title: 'opt-out',
      server: 'ns1.registry.sandbox',
      name: 'mail.registry.sandbox',
      matched: 'registry.sandbox',
      covered: ['mail.registry.sandbox'],
    },
    { title: 'opt-out beside NSEC', server: tld, name: 'optout.sandbox', type: 'DS', matched: 'sandbox', covered: ['optout.sandbox'] },
  ])('RFC 5155 §7.2, $title: the records match and cover what they must', async ({ server, name, type = 'A', matched, covered }) => {
    const { authorities = [] } = await askTcp(sandbox, { server, name, type });
    const spans = authorities.flatMap((record) =>
      record.type === 'NSEC3' ? [{ from: record.name.split('.')[0]!, to: base32hex(record.data.nextDomain) }] : [],
    );
    const hash = (text: string) => base32hex(nsec3Hash(nameOf(text), Buffer.alloc(0), 0));
    const covers = ({ from, to }: { from: string; to: string }, at: string) => (from < to ? from < at && at < to : from < at || at < to);
    if (matched) expect(spans.map(({ from }) => from)).toContain(hash(matched));
    for (const each of covered) expect(spans.some((span) => covers(span, hash(each)))).toBe(true);
  });

  test('RFC 5155 §7.2.4: without opt-out an unsigned delegation has an NSEC3 of its own', async () => {
    const { authorities = [] } = await askUdp(sandbox, { server: 'a.nic.hosting', name: 'plain.hosting', type: 'MX' });
    const proofs = authorities.flatMap((record) => (record.type === 'NSEC3' ? [record] : []));
    expect(proofs).toMatchObject([
      { name: `${base32hex(nsec3Hash(nameOf('plain.hosting'), Buffer.alloc(0), 0))}.hosting`, data: { flags: 0, rrtypes: ['NS'] } },
    ]);
  });

  test('a dot and an octet over 127 within a label come back as they were', async () => {
    const label = Buffer.from([5, 0x61, 0x2e, 0xff, 0x00, 0x62]);
    const rest = queryOctets({ name: 'wildcard.sandbox', type: 'A' });
    const query = Buffer.concat([rest.subarray(0, 12), label, rest.subarray(12)]);
    const reply = await exchangeUdp(sandbox, wildcard, [query]);
    const qname = query.subarray(12, 12 + label.length + 18);
    expect(reply.subarray(12, 12 + qname.length)).toEqual(qname);
    expect(reply.readUInt16BE(6)).toBe(2); // A and its RRSIG
    expect(reply.subarray(12 + qname.length + 4, 12 + 2 * qname.length + 4)).toEqual(qname);
  });
});

describe('what is no question for this server', () => {
  test.each([
    { title: 'a name of no zone here: REFUSED', ask: { server: secure, name: 'unsigned.sandbox', type: 'A' }, rcode: 'REFUSED' },
    { title: 'a zone transfer: REFUSED', ask: { server: secure, name: 'secure.sandbox', type: 'AXFR' }, rcode: 'REFUSED' },
    {
      title: 'EDNS version 1: BADVERS (RFC 6891 §6.1.3)',
      ask: { server: secure, name: 'secure.sandbox', type: 'MX', ednsVersion: 1 },
      rcode: 'NOERROR',
    },
  ])('$title', async ({ ask, rcode }) => {
    const reply = await askUdp(sandbox, ask);
    expect(reply).toMatchObject({ rcode, flag_aa: false, answers: [], authorities: [] });
    const opt = reply.additionals?.find((record) => record.type === 'OPT');
    expect(opt).toMatchObject({ extendedRcode: 'ednsVersion' in ask ? 1 : 0 });
  });

  const query = queryOctets({ name: 'secure.sandbox', type: 'MX' });
  const withOctet = (at: number, octet: number) => Buffer.from(query.map((value, index) => (index === at ? octet : value)));
  test.each([
    { title: 'opcode NOTIFY: NOTIMP', octets: withOctet(2, 0x20), rcode: 'NOTIMP' },
    { title: 'no question: FORMERR', octets: withOctet(5, 0), rcode: 'FORMERR' },
    { title: 'QNAME is a pointer: FORMERR', octets: withOctet(12, 0xc0), rcode: 'FORMERR' },
    { title: 'cut in the OPT record: FORMERR', octets: query.subarray(0, query.length - 4), rcode: 'FORMERR' },
  ])('$title', async ({ octets, rcode }) => {
    expect(readPacket(await exchangeUdp(sandbox, secure, [octets]))).toMatchObject({ rcode, id: 4711, flag_qr: true });
  });

  test('a response and a few octets get no answer, and the next query gets its own', async () => {
    const reply = readPacket(
      await exchangeUdp(sandbox, secure, [withOctet(2, 0x80), Buffer.of(1, 2, 3), queryOctets({ name: 'secure.sandbox', type: 'MX' }, 99)]),
    );
    expect(reply).toMatchObject({ id: 99, rcode: 'NOERROR' });
  });
});

describe('size and transport (RFC 1035 §4.2.1, RFC 6891 §6.2, RFC 7766)', () => {
  const large = { server: 'ns1.large.sandbox', name: 'large.sandbox', type: 'TXT' };
  test.each([
    { title: 'without EDNS 512 octets', size: 0, limit: 512 },
    { title: '512 where less is said', size: 100, limit: 512 },
    { title: '1232', size: 1232, limit: 1232 },
    { title: '4096', size: 4096, limit: 4096 },
  ])('UDP, $title: TC, and nothing but the question', async ({ size, limit }) => {
    const reply = await askUdp(sandbox, { ...large, size });
    expect(reply).toMatchObject({ flag_tc: true, answers: [], authorities: [] });
    expect(reply.octets).toBeLessThanOrEqual(limit);
  });

  test('the client’s size decides', async () => {
    const denial = { server: tld, name: 'nope.sandbox', type: 'A' };
    const { octets } = await askTcp(sandbox, denial);
    expect(octets).toBeGreaterThan(512);
    expect(await askUdp(sandbox, { ...denial, size: octets })).toMatchObject({ flag_tc: false, octets });
    expect(await askUdp(sandbox, { ...denial, size: octets - 1 })).toMatchObject({ flag_tc: true });
  });

  test('512 octets may always be sent', async () => {
    const reply = await askUdp(sandbox, { server: secure, name: 'secure.sandbox', type: 'MX', size: 100 });
    expect(reply.octets).toBeGreaterThan(100);
    expect(reply.flag_tc).toBe(false);
  });

  test('TCP has it whole', async () => {
    const reply = await askTcp(sandbox, large);
    expect(reply.flag_tc).toBe(false);
    expect(summary(reply.answers).filter((line) => line === 'large.sandbox TXT')).toHaveLength(24);
  });

  test('several queries on one connection, in pieces of any size', async () => {
    const queries = [1, 2, 3].map((id) => framed(queryOctets({ name: 'secure.sandbox', type: 'MX' }, id)));
    const stream = Buffer.concat(queries);
    const chunks = [stream.subarray(0, 1), stream.subarray(1, 30), stream.subarray(30)];
    const replies = await exchangeTcp(sandbox, secure, chunks, 3);
    expect(replies.map(({ id }) => id)).toEqual([1, 2, 3]);
  });
});
