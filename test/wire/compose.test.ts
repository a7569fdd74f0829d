import packet from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { nameOfLabels, parseName } from '../../src/base/name.ts';
import type { Edns, Message, RRset } from '../../src/base/record.ts';
import { composeMessage } from '../../src/wire/compose.ts';
import { edeOption, readEde } from '../../src/wire/ede.ts';
import { indexMessage } from '../../src/wire/message-index.ts';
import { readMessage } from '../../src/wire/read-message.ts';
import { label, name, rrsig, u16, u32 } from './octets.ts';

const flags = {
  response: true,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: true,
  authenticData: false,
  checkingDisabled: false,
};
const empty: Message = { id: 1, opcode: 0, rcode: 0, flags, question: [], answer: [], authority: [], additional: [], edns: undefined };
const edns: Edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [] };
const asked = (qname: string, qtype = 1) => [{ qname: parseName(qname), qtype, qclass: 1 }];

function rrset(owner: string, type: number, rdata: readonly Uint8Array[], signatures: readonly Uint8Array[] = [], ttl = 300): RRset {
  return {
    owner: parseName(owner),
    type,
    class: 1,
    ttl,
    rdata: rdata.map((octets) => new Uint8Array(octets)),
    signatures: signatures.map((octets) => new Uint8Array(octets)),
  };
}
/** An RRset of TXT that takes about `octets` on the wire. */
const bulk = (owner: string, octets: number) =>
  rrset(
    owner,
    16,
    Array.from({ length: Math.ceil(octets / 200) }, (_, i) => label(`${i}`.padEnd(180, 'x'))),
  );

describe('compression (RFC 1035 §4.1.4)', () => {
  test('owners point to the question, records of one RRset to their owner', () => {
    const octets = composeMessage({ ...empty, question: asked('www.example.'), answer: [rrset('www.example.', 1, [u32(1), u32(2)])] }, 512);
    expect(octets.length).toBe(12 + 13 + 4 + 2 * (2 + 10 + 4));
    expect([...octets.subarray(29, 31)]).toEqual([0xc0, 12]);
  });

  test.each([
    { type: 2, rdata: name('ns.example.'), octets: 5 },
    { type: 5, rdata: name('example.'), octets: 2 },
    { type: 6, rdata: Buffer.concat([name('ns.example.'), name('a.ns.example.'), u32(1, 2, 3, 4, 5)]), octets: 5 + 4 + 20 },
    { type: 12, rdata: name('ns.example.'), octets: 5 },
    { type: 14, rdata: Buffer.concat([name('a.example.'), name('A.EXAMPLE.')]), octets: 4 + 2 },
    { type: 15, rdata: Buffer.concat([u16(10), name('mx.example.')]), octets: 2 + 5 },
  ])('names in RDATA of type $type of RFC 1035 are compressed', ({ type, rdata, octets }) => {
    const message = { ...empty, question: asked('example.', type), answer: [rrset('example.', type, [rdata])] };
    const composed = composeMessage(message, 512);
    expect(indexMessage(composed).rdataLength[0]).toBe(octets);
    expect(readMessage(composed).answer[0]?.rdata[0]?.length).toBe(rdata.length);
  });

  test.each([
    { type: 33, rdata: Buffer.concat([u16(1, 2, 25), name('mx.example.')]) },
    { type: 39, rdata: name('a.example.') },
    { type: 46, rdata: rrsig(1) },
    { type: 47, rdata: Buffer.concat([name('a.example.'), Buffer.from([0, 1, 0x40])]) },
    { type: 65_280, rdata: name('a.example.') },
  ])('names in RDATA of type $type are not (RFC 3597 §4)', ({ type, rdata }) => {
    const composed = composeMessage({ ...empty, question: asked('example.', type), answer: [rrset('example.', type, [rdata])] }, 512);
    expect(indexMessage(composed).rdataLength[0]).toBe(rdata.length);
    expect(composed.includes(rdata)).toBe(true);
  });

  test('suffixes are matched label by label, not character by character', () => {
    const message = {
      ...empty,
      question: asked('a\\.example.'),
      answer: [rrset('b.example.', 1, [u32(1)]), rrset('\\007example.', 1, [u32(1)])],
    };
    expect(readMessage(composeMessage(message, 512)).answer.map(({ owner }) => owner.key)).toEqual([
      '\x01b\x07example\0',
      '\x08\x07example\0',
    ]);
  });

  test('nothing points past 14 bits', () => {
    const answer = [
      bulk('a.example.', 17_000),
      ...Array.from({ length: 50 }, (_, i) => rrset(`far${i % 25}.example.`, 256 + i, [u32(i), u32(i + 1)])),
    ];
    const read = readMessage(composeMessage({ ...empty, question: asked('example.'), answer }, 65_535));
    expect(read.answer).toEqual(answer);
    expect(read.flags.truncated).toBe(false);
  });

  test('the root is never pointed to', () => {
    const composed = composeMessage({ ...empty, question: asked('.'), answer: [rrset('.', 2, [name('.'), name('a.')])] }, 512);
    expect(composed.length).toBe(12 + 5 + (11 + 1) + (11 + 3));
  });

  test('work is bounded: past the limit of lookups names are written whole, and still right', () => {
    // A hundred labels each and no suffix in common, so that every lookup is in vain: 41 of them spend all.
    const owners = Array.from({ length: 60 }, (_, i) => nameOfLabels([...Array(100).fill(Buffer.from('b')), Buffer.from(`${i}`)]));
    const answer = [...owners, owners[0]!].map((owner, i) => ({ ...rrset('.', 256 + i, [u32(1)]), owner }));
    const composed = composeMessage({ ...empty, answer }, 65_535);
    const { owner, rdata } = indexMessage(composed);
    expect(rdata[60]! - 10 - owner[60]!).toBe(owners[0]!.wire.length);
    expect(readMessage(composed).answer).toEqual(answer);
  });

  test('RDATA that is not what its type says is written as it stands', () => {
    const rdata = [Buffer.from([0xc0, 0x0c]), Buffer.from([5, 1]), Buffer.alloc(0)];
    const composed = composeMessage({ ...empty, answer: [rrset('example.', 2, rdata)] }, 512);
    const { rdata: at, rdataLength } = indexMessage(composed);
    expect(rdata.map((_, i) => composed.subarray(at[i]!, at[i]! + rdataLength[i]!))).toEqual(rdata);
  });
});

describe('what is written', () => {
  test('the question in its case; an owner that points to it takes that case', () => {
    const read = readMessage(
      composeMessage({ ...empty, question: asked('wWw.Example.'), answer: [rrset('www.example.', 1, [u32(1)])] }, 512),
    );
    expect(Buffer.from(read.question[0]!.qname.wire).toString('latin1')).toBe('\x03wWw\x07Example\0');
    expect(Buffer.from(read.answer[0]!.owner.wire).toString('latin1')).toBe('\x03wWw\x07Example\0');
  });
  test('RRSIGs behind their RRset, with its TTL, and OPT last', () => {
    const message = { ...empty, answer: [rrset('a.', 1, [u32(1), u32(2)], [rrsig(1)], 77)], additional: [rrset('b.', 1, [u32(1)])], edns };
    const index = indexMessage(composeMessage(message, 512));
    expect([...index.type]).toEqual([1, 1, 46, 1, 41]);
    expect([...index.ttl].slice(0, 3)).toEqual([77, 77, 77]);
  });
  test('the upper bits of RCODE go to OPT; without OPT a high RCODE is SERVFAIL, never NOERROR', () => {
    expect(readMessage(composeMessage({ ...empty, rcode: 16, edns }, 512)).rcode).toBe(16);
    expect(readMessage(composeMessage({ ...empty, rcode: 16 }, 512)).rcode).toBe(2);
  });
  test('each message is a buffer of its own', () => {
    const first = composeMessage({ ...empty, question: asked('first.') }, 512);
    const copy = Buffer.from(first);
    composeMessage({ ...empty, id: 2, question: asked('other.') }, 512);
    expect(first).toEqual(copy);
  });
});

describe('what does not fit', () => {
  const question = asked('example.');
  const text = 'why this is so, in so many words that it takes sixty-four chars.';
  const withEde = { ...edns, options: [{ code: 10, data: new Uint8Array(16) }, edeOption(6, text)] };
  const half = bulk('example.', 600);
  const summary = (message: Message, maxOctets: number) => {
    const octets = composeMessage(message, maxOctets);
    expect(octets.length).toBeLessThanOrEqual(Math.max(512, maxOctets));
    const read = readMessage(octets);
    const ede = read.edns?.options.map(readEde).find((error) => error !== undefined);
    return {
      truncated: read.flags.truncated,
      sections: [read.answer.length, read.authority.length, read.additional.length],
      ede: ede && [ede.infoCode, ede.extraText],
      cookie: read.edns?.options.some(({ code }) => code === 10),
    };
  };
  const message: Message = {
    ...empty,
    question,
    answer: [half],
    authority: [rrset('example.', 2, [name('ns.')])],
    additional: [rrset('ns.', 1, [u32(1)]), rrset('n2.', 1, [u32(2)])],
    edns: withEde,
  };
  const whole = composeMessage(message, 65_535).length;

  test.each([
    { title: 'all of it', spare: 0, want: { truncated: false, sections: [1, 1, 2], ede: [6, text], cookie: true } },
    {
      title: 'an additional RRset goes first, without TC',
      spare: 1,
      want: { truncated: false, sections: [1, 1, 1], ede: [6, text], cookie: true },
    },
    { title: 'then the other', spare: 18 + 1, want: { truncated: false, sections: [1, 1, 0], ede: [6, text], cookie: true } },
    { title: 'then the text of EDE', spare: 34 + 1, want: { truncated: false, sections: [1, 1, 0], ede: [6, ''], cookie: true } },
    { title: 'then EDE', spare: 34 + 64 + 1, want: { truncated: false, sections: [1, 1, 0], ede: undefined, cookie: true } },
    {
      title: 'then authority, with TC, and EDE has room again',
      spare: 34 + 64 + 6 + 1,
      want: { truncated: true, sections: [1, 0, 0], ede: [6, ''], cookie: true },
    },
    { title: 'then the answer', spare: 34 + 64 + 6 + 16 + 1, want: { truncated: true, sections: [0, 0, 0], ede: [6, text], cookie: true } },
  ])('$title', ({ spare, want }) => {
    expect(summary(message, whole - spare)).toEqual(want);
  });

  test('RRsets behind one that does not fit go too', () => {
    const answer = [rrset('a.', 1, [u32(1)]), bulk('b.', 600), rrset('c.', 1, [u32(1)])];
    expect(summary({ ...empty, question, answer, authority: [rrset('d.', 1, [u32(1)])] }, 512)).toMatchObject({
      truncated: true,
      sections: [1, 0, 0],
    });
  });
  test('never half an RRset: its RRSIGs count', () => {
    const answer = [rrset('a.', 1, [u32(1)]), rrset('b.', 1, [u32(1)], [rrsig(1, 'x'.repeat(500))])];
    expect(summary({ ...empty, question, answer }, 512)).toMatchObject({ truncated: true, sections: [1, 0, 0] });
  });
  test('a name that was dropped is not pointed to', () => {
    const long = (end: string) => nameOfLabels([...Array(3).fill(Buffer.alloc(63, 0x61)), Buffer.alloc(50, 0x61), Buffer.from(end)]);
    const questions = ['first', 'second'].map((end) => ({ qname: long(end), qtype: 1, qclass: 1 }));
    const read = readMessage(composeMessage({ ...empty, question: questions, answer: [rrset('second.', 1, [u32(1)])] }, 512));
    expect([read.question.length, read.answer[0]?.owner.key]).toEqual([1, '\x06second\0']);
  });
  test('TC that was set stays set', () => expect(summary({ ...empty, flags: { ...flags, truncated: true } }, 512).truncated).toBe(true));

  test.each([0, -1, 12, 511, 512, Number.NaN])('at %d octets there is header, question and OPT', (maxOctets) => {
    const longest = { qname: nameOfLabels([...Array(3).fill(Buffer.alloc(63, 0x61)), Buffer.alloc(61, 0x61)]), qtype: 1, qclass: 1 };
    const padded = { ...edns, options: [{ code: 12, data: new Uint8Array(600) }, edeOption(6, text)] };
    const read = readMessage(composeMessage({ ...empty, question: [longest], answer: [bulk('a.', 600)], edns: padded }, maxOctets));
    expect(read.question).toEqual([longest]);
    expect(read).toMatchObject({ answer: [], edns: { options: [] }, flags: { truncated: true } });
  });
  test('an RRset of over 65,535 octets, and RDATA of as many', () => {
    expect(summary({ ...empty, answer: [bulk('a.', 70_000)] }, 1e9)).toMatchObject({ truncated: true, sections: [0, 0, 0] });
    expect(summary({ ...empty, answer: [rrset('a.', 10, [Buffer.alloc(70_000)])] }, 65_535)).toMatchObject({
      truncated: true,
      sections: [0, 0, 0],
    });
  });
  test('two thousand questions', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => asked(`q${i}.example.`)[0]!);
    const octets = composeMessage({ ...empty, question: many, edns }, 512);
    expect(octets.length).toBeLessThanOrEqual(512);
    expect(readMessage(octets)).toMatchObject({ edns: { udpSize: 1232 } });
  });
});

describe('dns-packet as a second opinion', () => {
  const records = [
    { type: 'A', name: 'www.example.com', ttl: 60, data: '192.0.2.1' },
    { type: 'A', name: 'www.example.com', ttl: 60, data: '192.0.2.2' },
    { type: 'AAAA', name: 'www.example.com', ttl: 60, data: '2001:db8::1' },
    { type: 'CNAME', name: 'alias.example.com', ttl: 60, data: 'www.example.com' },
    { type: 'MX', name: 'example.com', ttl: 60, data: { preference: 10, exchange: 'mx.example.com' } },
    { type: 'NS', name: 'example.com', ttl: 60, data: 'ns.example.com' },
    { type: 'PTR', name: '1.2.0.192.in-addr.arpa', ttl: 60, data: 'www.example.com' },
    {
      type: 'SOA',
      name: 'example.com',
      ttl: 60,
      data: {
        mname: 'ns.example.com',
        rname: 'hostmaster.example.com',
        serial: 4_000_000_000,
        refresh: 2,
        retry: 3,
        expire: 4,
        minimum: 5,
      },
    },
    { type: 'SRV', name: '_sip._tcp.example.com', ttl: 60, data: { priority: 1, weight: 2, port: 5060, target: 'www.example.com' } },
    {
      type: 'TLSA',
      name: '_25._tcp.mx.example.com',
      ttl: 60,
      data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32, 7) },
    },
    { type: 'DS', name: 'example.com', ttl: 60, data: { keyTag: 1, algorithm: 13, digestType: 2, digest: Buffer.alloc(32, 9) } },
    { type: 'DNSKEY', name: 'example.com', ttl: 60, data: { flags: 257, algorithm: 13, key: Buffer.alloc(64, 3) } },
    { type: 'NSEC', name: 'a.example.com', ttl: 60, data: { nextDomain: 'z.example.com', rrtypes: ['A', 'MX', 'RRSIG', 'NSEC'] } },
    {
      type: 'NAPTR',
      name: 'e.example.com',
      ttl: 60,
      data: { order: 1, preference: 2, flags: 'U', services: 'E2U', regexp: '!x!y!', replacement: 'www.example.com' },
    },
    { type: 'CAA', name: 'example.com', ttl: 60, data: { flags: 0, tag: 'issue', value: 'ca.example' } },
  ];
  const parsed = (octets: Buffer) => {
    const { questions, answers, authorities, additionals } = packet.decode(octets);
    return { questions, answers, authorities, additionals };
  };

  test.each(records)('$type at $name: theirs read, ours written, theirs read again', (record) => {
    const theirs = packet.encode({
      type: 'response',
      id: 9,
      flags: 0x0100,
      questions: [{ type: 'A', name: 'example.com', class: 'IN' }],
      answers: [record] as never,
      additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0x8000, options: [{ code: 12, length: 3 }] }] as never,
    });
    const message = readMessage(theirs);
    const ours = composeMessage(message, 65_535);
    expect(parsed(ours)).toEqual(parsed(theirs));
    expect(ours.length).toBeLessThanOrEqual(theirs.length);
    expect(readMessage(ours)).toEqual(message);
  });
  test('all of them in one message', () => {
    const theirs = packet.encode({ type: 'response', id: 9, flags: 0, questions: [], answers: records as never });
    expect(parsed(composeMessage(readMessage(theirs), 65_535))).toEqual(parsed(theirs));
  });
});
