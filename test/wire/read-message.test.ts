import { describe, expect, test } from 'vitest';
import { formatName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { WireError } from '../../src/wire/error.ts';
import { indexMessage, MAX_RECORDS, questionOf, Section } from '../../src/wire/message-index.ts';
import { readMessage, tryReadHeader, tryReadQuestion } from '../../src/wire/read-message.ts';
import { label, message, name, opt, pointer, question, record, rrsig, u16, u32 } from './octets.ts';

const A1 = Buffer.from([192, 0, 2, 1]);
const A2 = Buffer.from([192, 0, 2, 2]);
const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');

function faultOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof WireError) return `${error.fault}@${error.offset}`;
    throw error;
  }
  return 'none';
}

describe('header', () => {
  test.each([
    { flag: 'response', bit: 0x8000 },
    { flag: 'authoritative', bit: 0x0400 },
    { flag: 'truncated', bit: 0x0200 },
    { flag: 'recursionDesired', bit: 0x0100 },
    { flag: 'recursionAvailable', bit: 0x0080 },
    { flag: 'authenticData', bit: 0x0020 },
    { flag: 'checkingDisabled', bit: 0x0010 },
  ])('$flag alone', ({ flag, bit }) => {
    const { flags } = readMessage(message({ flags: bit }));
    expect(Object.entries(flags).filter(([, set]) => set)).toEqual([[flag, true]]);
  });

  test('ID, opcode and RCODE', () => {
    expect(readMessage(message({ id: 0xfffe, flags: (5 << 11) | 9 }))).toMatchObject({ id: 0xfffe, opcode: 5, rcode: 9, edns: undefined });
  });

  test('is read where the rest is broken', () => {
    const octets = Buffer.concat([u16(7, 0x2900, 1, 2, 3, 4), Buffer.of(0xff)]);
    expect(tryReadHeader(octets)).toMatchObject({ id: 7, opcode: 5, questions: 1, answers: 2, authorities: 3, additionals: 4 });
    expect(tryReadHeader(octets.subarray(0, 11))).toBeUndefined();
    expect(tryReadQuestion(octets)).toBeUndefined();
  });

  test('the question is read where the rest is broken', () => {
    const octets = message({ question: [question(name('MiXed.example.'), 15)], answer: [Buffer.of(0xff)] });
    expect(tryReadQuestion(octets)).toMatchObject({ qtype: 15, qclass: 1, qname: { key: '\x05mixed\x07example\0' } });
    expect(tryReadQuestion(message({}))).toBeUndefined();
  });
});

describe('bounds', () => {
  const whole = message({ question: [question(name('example.'))], answer: [record({})], additional: [opt()] });
  test('every shorter piece of a message is truncated', () => {
    for (let length = 0; length < whole.length; length++)
      expect(faultOf(() => indexMessage(whole.subarray(0, length)))).toMatch(/^truncated/);
  });
  test('octets behind the last record are tolerated, and not read', () => {
    const index = indexMessage(Buffer.concat([whole, Buffer.from('trailing')]));
    expect([index.records, index.end]).toEqual([2, whole.length]);
  });
  test('a view into a larger buffer is read within its own bounds', () => {
    const octets = Buffer.concat([Buffer.alloc(9, 0xff), whole, whole]).subarray(9, 9 + whole.length);
    expect(readMessage(octets)).toEqual(readMessage(whole));
  });

  test.each([
    { title: 'nothing', octets: Buffer.alloc(0), fault: 'truncated@0' },
    { title: 'over 65,535 octets', octets: Buffer.alloc(65_536), fault: 'too-long@65535' },
    {
      title: 'more records than the limit',
      octets: Buffer.concat([u16(0, 0, 1, 4_000, 50, 46), Buffer.alloc(60_000)]),
      fault: 'too-many-records@4',
    },
    { title: 'counts that no message could hold', octets: Buffer.concat([u16(0, 0, 1, 1, 0, 0), Buffer.alloc(15)]), fault: 'truncated@27' },
    { title: 'a label type of EDNS0 (01)', octets: message({ question: [question(Buffer.from([0x41, 0, 0]))] }), fault: 'label-type@12' },
    { title: 'a reserved label type (10)', octets: message({ question: [question(Buffer.from([0x81, 0, 0]))] }), fault: 'label-type@12' },
    {
      title: 'a name of 256 octets',
      octets: message({ question: [question(Buffer.concat([...Array(4).fill(label('x'.repeat(62))), label('xx'), Buffer.of(0)]))] }),
      fault: 'name-too-long@268',
    },
    {
      title: 'a pointer to itself',
      octets: message({ question: [question(Buffer.concat([pointer(12), Buffer.of(0)]))] }),
      fault: 'pointer@12',
    },
    {
      title: 'a pointer forwards',
      octets: message({ question: [question(Buffer.concat([pointer(14), Buffer.of(0)]))] }),
      fault: 'pointer@12',
    },
    {
      title: 'a pointer into its own name',
      octets: message({ question: [question(Buffer.concat([label('a'), pointer(12)]))] }),
      fault: 'pointer@14',
    },
    {
      title: 'half a pointer at the end',
      octets: Buffer.concat([u16(0, 0, 1, 0, 0, 0), label('abc'), Buffer.of(0xc0)]),
      fault: 'truncated@17',
    },
    { title: 'RDLENGTH over the end', octets: message({ answer: [record({ rdlength: 5 })] }), fault: 'truncated@35' },
  ])('$title is refused by the index', ({ octets, fault }) => expect(faultOf(() => indexMessage(octets))).toBe(fault));

  test('4,096 records are not too many', () => {
    const octets = message({ answer: Array(MAX_RECORDS).fill(record({ owner: Buffer.of(0), type: 16, rdata: Buffer.alloc(0) })) });
    expect(indexMessage(octets).records).toBe(MAX_RECORDS);
  });
});

describe('index', () => {
  test('offsets, fixed fields and sections of each record', () => {
    const octets = message({
      question: [question(name('a.'), 28)],
      answer: [record({ owner: pointer(12), type: 28, rdata: Buffer.alloc(16), ttl: 1 })],
      authority: [record({ owner: Buffer.of(0), type: 2, rdata: pointer(12), class: 3, ttl: 0x7fffffff })],
      additional: [record({ owner: pointer(12), ttl: 0x80000000 }), opt({ ttl: 0x80008000 })],
    });
    const index = indexMessage(octets);
    expect([...index.section]).toEqual([Section.ANSWER, Section.AUTHORITY, Section.ADDITIONAL, Section.ADDITIONAL]);
    expect([...index.type]).toEqual([28, 2, 1, 41]);
    expect([...index.class]).toEqual([1, 3, 1, 1232]);
    // A TTL with the top bit set is zero (RFC 2181 §8); in OPT it is no TTL.
    expect([...index.ttl]).toEqual([1, 0x7fffffff, 0, 0x80008000]);
    expect([...index.rdataLength]).toEqual([16, 2, 4, 0]);
    expect([...index.owner]).toEqual([19, 47, 60, 76]);
    expect([...index.rdata]).toEqual([31, 58, 72, 87]);
    expect(index.end).toBe(octets.length);
    expect(questionOf(index)).toMatchObject({ qtype: 28, qclass: 1 });
  });
  test('a message without a question has none', () => expect(questionOf(indexMessage(message({})))).toBeUndefined());
});

describe('names in messages', () => {
  test('a chain of pointers of 120 links is followed, one of 8,000 is not', () => {
    // TXT RDATA holds pointers, each to the one before; the first to the question's name.
    const chain = (links: number) => Buffer.concat(Array.from({ length: links }, (_, i) => pointer(i === 0 ? 12 : 30 + 2 * (i - 1))));
    const withOwnerAt = (links: number, target: number) =>
      message({
        question: [question(name('a.'))],
        answer: [record({ owner: Buffer.of(0), type: 16, rdata: chain(links) }), record({ owner: pointer(target) })],
      });
    expect(formatName(readMessage(withOwnerAt(120, 30 + 2 * 119)).answer[1]!.owner)).toBe('a.');
    expect(faultOf(() => readMessage(withOwnerAt(8_000, 30 + 2 * 7_999)))).toMatch(/^pointer/);
  });

  test('labels may hold any octet', () => {
    const wire = Buffer.concat([label('a.b'), label('\0'), label('\xff'), Buffer.of(0)]);
    const {
      question: [first],
    } = readMessage(message({ question: [question(wire)] }));
    expect(hex(first!.qname.wire)).toBe(hex(wire));
    expect(formatName(first!.qname)).toBe('a\\.b.\\000.\\255.');
  });

  test('nothing points into the packet', () => {
    const octets = message({
      question: [question(name('example.'))],
      answer: [record({ type: 16, rdata: Buffer.from('\x03abc') }), record({ type: 2, rdata: name('ns.example.') })],
      additional: [opt({ rdata: Buffer.from([0, 3, 0, 1, 0x61]) })],
    });
    const before = readMessage(octets);
    const copy = structuredClone(before);
    octets.fill(0xff);
    expect(before).toEqual(copy);
  });

  test('a message may not unfold to more than four times what a message can hold', () => {
    const longName = Buffer.concat([...Array(120).fill(label('a')), Buffer.of(0)]);
    const bomb = (records: number) =>
      message({
        question: [question(longName)],
        answer: Array(records).fill(record({ owner: pointer(12), type: 14, rdata: u16(0xc00c, 0xc00c) })),
      });
    expect(readMessage(bomb(500)).answer[0]?.rdata.length).toBe(1);
    expect(faultOf(() => readMessage(bomb(600)))).toMatch(/^too-long/);
  });
});

describe('names in RDATA (RFC 3597 §4)', () => {
  const octetsOf = (type: number, rdata: Buffer) =>
    message({ question: [question(name('example.'))], answer: [record({ owner: pointer(12), type, rdata })] });
  const www = Buffer.concat([label('www'), pointer(12)]);
  const full = name('www.example.');
  const one = (before: Buffer, after = Buffer.alloc(0)) => ({
    folded: Buffer.concat([before, www, after]),
    unfolded: Buffer.concat([before, full, after]),
  });
  const two = (before: Buffer, after = Buffer.alloc(0)) => ({
    folded: Buffer.concat([before, www, pointer(12), after]),
    unfolded: Buffer.concat([before, full, name('example.'), after]),
  });
  const none = Buffer.alloc(0);

  const rows = [
    ...[Type.NS, Type.MD, Type.MF, Type.CNAME, Type.MB, Type.MG, Type.MR, Type.PTR, Type.DNAME].map((type) => ({
      type,
      ...one(none),
      exact: true,
    })),
    { type: Type.SOA, ...two(none, u32(1, 2, 3, 4, 5)), exact: true },
    ...[Type.MINFO, Type.RP].map((type) => ({ type, ...two(none), exact: true })),
    ...[Type.MX, Type.AFSDB, Type.RT, Type.KX].map((type) => ({ type, ...one(u16(10)), exact: true })),
    { type: Type.PX, ...two(u16(10)), exact: true },
    { type: Type.SRV, ...one(u16(1, 2, 25)), exact: true },
    { type: Type.NAPTR, ...one(Buffer.concat([u16(1, 2), label('u'), label('SIP'), label('')])), exact: true },
    { type: Type.SIG, ...one(Buffer.alloc(18), Buffer.from('signature')), exact: false },
    { type: Type.RRSIG, ...one(Buffer.alloc(18), Buffer.from('signature')), exact: false },
    { type: Type.NSEC, ...one(none, Buffer.from([0, 1, 0x40])), exact: false },
    { type: Type.NXT, ...one(none, Buffer.from([0x40])), exact: false },
  ];

  test.each(rows)('type $type comes out uncompressed', ({ type, folded, unfolded }) => {
    for (const rdata of [folded, unfolded]) expect(hex(readMessage(octetsOf(type, rdata)).answer[0]!.rdata[0]!)).toBe(hex(unfolded));
  });
  test.each(rows.filter(({ exact }) => exact))('type $type must end where RDATA ends', ({ type, folded }) => {
    expect(faultOf(() => readMessage(octetsOf(type, Buffer.concat([folded, Buffer.of(0)]))))).toMatch(/^rdata-length/);
  });
  test.each(rows)('type $type must not end before its name', ({ type, folded, unfolded }) => {
    const names = type === Type.SOA || type === Type.PX || type === Type.MINFO || type === Type.RP ? 2 : 1;
    const inName = folded.indexOf(www) + 1;
    // What follows RDATA would let a reader that ignores RDLENGTH finish the name.
    for (const length of names === 2 ? [inName, inName + www.length] : [inName]) {
      const lying = Buffer.concat([pointer(12), u16(type, 1), u32(0), u16(length), unfolded]);
      const octets = message({ question: [question(name('example.'))], answer: [lying] });
      expect(faultOf(() => readMessage(octets))).toMatch(/^(rdata-length|truncated|label-type|pointer)/);
    }
    expect(faultOf(() => readMessage(octetsOf(type, Buffer.alloc(0))))).toMatch(/^rdata-length/);
  });

  test('two compressed names whose changes in length cancel out', () => {
    // The root by pointer grows shorter by one octet, `a.` by pointer longer by one.
    const octets = message({
      question: [question(name('a.'))],
      answer: [record({ owner: pointer(12), type: Type.MINFO, rdata: Buffer.concat([pointer(14), pointer(12)]) })],
    });
    expect(hex(readMessage(octets).answer[0]!.rdata[0]!)).toBe(hex(Buffer.concat([Buffer.of(0), name('a.')])));
  });

  test('a name that points into itself', () => {
    const octets = message({ answer: [record({ owner: Buffer.of(0), type: Type.NS, rdata: Buffer.concat([label('a'), pointer(23)]) })] });
    expect(faultOf(() => readMessage(octets))).toBe('pointer@25');
  });
  test.each([
    { octets: 255, fault: 'none' },
    { octets: 256, fault: 'name-too-long' },
  ])('a name of $octets octets: $fault', ({ octets, fault }) => {
    const rdata = Buffer.concat([...Array<Buffer>(3).fill(label('x'.repeat(63))), label('x'.repeat(octets - 196)), Buffer.of(0)]);
    const folded = Buffer.concat([label('y'), pointer(12)]);
    const read = () =>
      readMessage(message({ question: [question(rdata)], answer: [record({ owner: Buffer.of(0), type: Type.NS, rdata: folded })] }));
    expect(faultOf(read).replace(/@.*/, '')).toBe(fault);
  });

  test.each([Type.TXT, Type.SVCB, Type.DNSKEY, 65_280])('type %i stays octets, whatever looks like a pointer', (type) => {
    const rdata = Buffer.from([0xc0, 0x0c, 0xff, 0x00]);
    expect(hex(readMessage(octetsOf(type, rdata)).answer[0]!.rdata[0]!)).toBe(hex(rdata));
  });

  test.each([
    { type: Type.A, octets: 3 },
    { type: Type.A, octets: 5 },
    { type: Type.A, octets: 0 },
    { type: Type.AAAA, octets: 4 },
    { type: Type.AAAA, octets: 17 },
  ])('type $type of $octets octets is no address', ({ type, octets }) =>
    expect(faultOf(() => readMessage(octetsOf(type, Buffer.alloc(octets))))).toBe('rdata-length@37'),
  );
});

describe('RRsets (RFC 2181 §5)', () => {
  const answer = (...records: Buffer[]) => readMessage(message({ answer: records })).answer;

  test('records of one owner, type and class are one RRset, wherever they stand and in whatever case', () => {
    const rrsets = answer(
      record({ rdata: A1, ttl: 300 }),
      record({ type: 16, rdata: label('x') }),
      record({ owner: name('EXAMPLE.'), rdata: A2, ttl: 60 }),
      record({ class: 3, rdata: A1 }),
    );
    expect(rrsets.map(({ type, class: klass, rdata, ttl }) => [type, klass, rdata.map(hex), ttl])).toEqual([
      [1, 1, ['c0000201', 'c0000202'], 60],
      [16, 1, ['0178'], 300],
      [1, 3, ['c0000201'], 300],
    ]);
    expect(formatName(rrsets[0]!.owner)).toBe('example.');
  });
  test('exact duplicates are dropped, of RRSIGs too', () => {
    const signature = record({ type: 46, rdata: rrsig(1) });
    const [rrset] = answer(record({}), signature, record({}), signature, record({ rdata: A2 }));
    expect([rrset?.rdata.length, rrset?.signatures.length]).toEqual([2, 1]);
  });
  test('sections are apart', () => {
    const read = readMessage(
      message({ answer: [record({})], authority: [record({ rdata: A2 })], additional: [record({ type: 46, rdata: rrsig(1) })] }),
    );
    expect(
      [read.answer, read.authority, read.additional].map((rrsets) => rrsets.map(({ type, signatures }) => [type, signatures.length])),
    ).toEqual([[[1, 0]], [[1, 0]], [[46, 0]]]);
  });

  test('RRSIGs stand with what they cover, in the order received, before it or behind it', () => {
    const [rrset, ...others] = answer(
      record({ type: 46, rdata: rrsig(1, 'first'), ttl: 30 }),
      record({ ttl: 60 }),
      record({ owner: name('EXAMPLE.'), type: 46, rdata: rrsig(1, 'second'), ttl: 90 }),
    );
    expect(others).toEqual([]);
    expect(rrset?.signatures.map(hex)).toEqual([hex(rrsig(1, 'first')), hex(rrsig(1, 'second'))]);
    expect(rrset?.ttl).toBe(30);
  });
  test.each([
    { title: 'another owner', signature: record({ owner: name('a.example.'), type: 46, rdata: rrsig(1) }) },
    { title: 'another type', signature: record({ type: 46, rdata: rrsig(28) }) },
    { title: 'another class', signature: record({ type: 46, class: 3, rdata: rrsig(1) }) },
    { title: 'RRSIG itself', signature: record({ type: 46, rdata: rrsig(46) }) },
  ])('an RRSIG that covers $title stays by itself', ({ signature }) => {
    const rrsets = answer(record({}), signature);
    expect(rrsets.map(({ type, rdata, signatures }) => [type, rdata.length, signatures.length])).toEqual([
      [1, 1, 0],
      [46, 1, 0],
    ]);
  });
  test('nor does an RRSIG that stays by itself gather others', () => {
    const rrsets = answer(record({ type: 46, rdata: rrsig(28) }), record({ type: 46, rdata: rrsig(46) }));
    expect(rrsets.map(({ type, rdata, signatures }) => [type, rdata.length, signatures.length])).toEqual([[46, 2, 0]]);
  });
  test('the answer to a question for RRSIG is an RRset of RRSIGs', () => {
    const read = readMessage(
      message({
        question: [question(name('example.'), 46)],
        answer: [record({}), record({ type: 46, rdata: rrsig(1) })],
        authority: [record({}), record({ type: 46, rdata: rrsig(1) })],
      }),
    );
    expect(read.answer.map(({ type }) => type)).toEqual([1, 46]);
    expect(read.authority.map(({ type }) => type)).toEqual([1]);
  });
  test('3,500 owners are 3,500 RRsets', () => {
    const rrsets = answer(...Array.from({ length: 3_500 }, (_, i) => record({ owner: name(`n${i}.`), type: 16, rdata: Buffer.alloc(0) })));
    expect(rrsets.length).toBe(3_500);
  });
});

describe('EDNS(0) (RFC 6891)', () => {
  const additional = (...records: Buffer[]) => message({ flags: 0x8003, additional: records });
  test('fields and options', () => {
    const read = readMessage(
      additional(opt({ class: 4096, ttl: 0x01_00_8000, rdata: Buffer.from([0, 10, 0, 2, 7, 8, 0xff, 0xff, 0, 0]) })),
    );
    expect(read.edns).toEqual({
      udpSize: 4096,
      version: 0,
      dnssecOk: true,
      options: [
        { code: 10, data: Uint8Array.of(7, 8) },
        { code: 0xffff, data: new Uint8Array(0) },
      ],
    });
    expect(read.additional).toEqual([]);
    expect(read.rcode).toBe(0x013);
  });
  test('BADVERS is 16', () => expect(readMessage(message({ flags: 0x8000, additional: [opt({ ttl: 0x01000000 })] })).rcode).toBe(16));
  test('what another version carries is not read', () =>
    expect(readMessage(additional(opt({ ttl: 0x00010000, rdata: Buffer.from([1, 2, 3]) }))).edns).toMatchObject({
      version: 1,
      options: [],
    }));

  const optionsOf = (count: number) => Buffer.alloc(4 * count);
  test('64 options are read', () => expect(readMessage(additional(opt({ rdata: optionsOf(64) }))).edns?.options.length).toBe(64));
  test.each([
    { title: 'two OPT records', octets: additional(opt(), opt()) },
    { title: 'an owner that is not the root', octets: additional(opt({ owner: name('a.') })) },
    { title: 'OPT in the answer', octets: message({ answer: [opt()] }) },
    { title: 'OPT in the authority section', octets: message({ authority: [opt()] }) },
    { title: 'half an option header', octets: additional(opt({ rdata: Buffer.from([0, 10, 0]) })) },
    { title: 'an option over the end', octets: additional(opt({ rdata: Buffer.from([0, 10, 0, 2, 7]) })) },
    { title: '65 options', octets: additional(opt({ rdata: optionsOf(65) })) },
  ])('$title is refused', ({ octets }) => expect(faultOf(() => readMessage(octets))).toMatch(/^opt@/));
});
