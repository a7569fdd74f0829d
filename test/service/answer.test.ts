import * as packet from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/base/name.ts';
import type { Message } from '../../src/base/record.ts';
import { Class, Ede, EdnsCode, Opcode, Rcode, Type } from '../../src/base/registry.ts';
import { SECURE, type Validation } from '../../src/base/validation.ts';
import type { ResolutionKind, Resolver } from '../../src/resolver/resolution.ts';
import type { AnswerFact } from '../../src/service/answer.ts';
import { readEde } from '../../src/wire/ede.ts';
import {
  address,
  answerOf,
  ask,
  bogus,
  CLIENT,
  indeterminate,
  insecure,
  nsec,
  queryOf,
  resolutionOf,
  rrset,
  rrsig,
  TCP_CLIENT,
} from './fake.ts';

const DO = { dnssecOk: true };
const edeOf = ({ edns }: Message) => (edns?.options ?? []).flatMap((option) => readEde(option) ?? []);
const typesOf = (rrsets: Message['answer']) => rrsets.map(({ type }) => type);
const signed = (message: Message) => [...message.answer, ...message.authority].filter(({ signatures }) => signatures.length > 0).length;

describe('flags and RCODE', () => {
  const states = { secure: SECURE, insecure, bogus, indeterminate };
  const rcodes = { answer: Rcode.NOERROR, nodata: Rcode.NOERROR, nxdomain: Rcode.NXDOMAIN };
  const rows = (['secure', 'insecure', 'bogus', 'indeterminate'] as const).flatMap((state) =>
    (['answer', 'nodata', 'nxdomain'] as const).flatMap((kind) =>
      [false, true].flatMap((ad) => [false, true].flatMap((cd) => [false, true].map((dnssecOk) => ({ state, kind, ad, cd, dnssecOk })))),
    ),
  );
  test.each(rows)(
    'RFC 4035 §3.2, RFC 6840 §5.7-5.9: $state $kind, AD $ad, CD $cd, DO $dnssecOk',
    async ({ state, kind, ad, cd, dnssecOk }) => {
      const query = queryOf({ flags: { authenticData: ad, checkingDisabled: cd }, edns: { dnssecOk } });
      const reply = await ask(resolutionOf(kind, states[state]), query);
      const served = state === 'secure' || state === 'insecure' || cd;
      expect(reply.rcode).toBe(served ? rcodes[kind] : Rcode.SERVFAIL);
      expect(reply.flags).toEqual({
        response: true,
        authoritative: false,
        truncated: false,
        recursionDesired: true,
        recursionAvailable: true,
        authenticData: state === 'secure' && (ad || dnssecOk),
        checkingDisabled: cd,
      });
      expect(reply.id).toBe(0x1234);
      const answer = served && kind === 'answer' ? [Type.A] : [];
      const denial = !served || kind === 'answer' ? [] : [Type.SOA];
      expect(typesOf(reply.answer)).toEqual(answer);
      expect(typesOf(reply.authority)).toEqual(served && dnssecOk ? [...denial, Type.NSEC] : denial);
      expect(signed(reply)).toBe(served && dnssecOk ? 2 : 0);
      expect(reply.edns).toMatchObject({ udpSize: 1232, version: 0, dnssecOk });
    },
  );

  test.each([
    { cd: false, ede: [Ede.NO_REACHABLE_AUTHORITY] },
    { cd: true, ede: [Ede.NO_REACHABLE_AUTHORITY] },
  ])('a failure is SERVFAIL with its reason, CD $cd', async ({ cd, ede }) => {
    const failed = resolutionOf('failure', { state: 'indeterminate', reason: 'servers-unreachable' });
    const reply = await ask(failed, queryOf({ flags: { checkingDisabled: cd, authenticData: true }, edns: DO }));
    expect(reply.rcode).toBe(Rcode.SERVFAIL);
    expect(reply.flags.authenticData).toBe(false);
    expect(edeOf(reply).map(({ infoCode }) => infoCode)).toEqual(ede);
  });

  test('a failure behind an alias is SERVFAIL without the alias, whatever CD says', async () => {
    const failed = resolutionOf('failure', indeterminate, { answer: [address], authority: [nsec] });
    const reply = await ask(failed, queryOf({ flags: { checkingDisabled: true }, edns: DO }));
    expect(reply).toMatchObject({ rcode: Rcode.SERVFAIL, answer: [], authority: [] });
  });

  test('with CD a denial without proof is shown as it came', async () => {
    const empty = resolutionOf('nxdomain', { ...bogus, reason: 'denial-missing' }, { authority: [] });
    expect((await ask(empty, queryOf({ flags: { checkingDisabled: true } }))).rcode).toBe(Rcode.NXDOMAIN);
  });

  test('with CD nothing is made of what nobody judged and that holds no record', async () => {
    const empty = resolutionOf('nodata', indeterminate, { authority: [] });
    expect((await ask(empty, queryOf({ flags: { checkingDisabled: true } }))).rcode).toBe(Rcode.SERVFAIL);
  });
});

describe('extended errors (RFC 8914)', () => {
  const zone = parseName('example.com');
  const long = parseName(`${'a'.repeat(60)}.${'b'.repeat(60)}.example`);
  const rows: { validation: Validation; cached?: boolean; ede: { infoCode: number; extraText: string }[] }[] = [
    { validation: SECURE, ede: [] },
    { validation: insecure, ede: [] },
    {
      validation: { state: 'insecure', zone, reason: 'unsupported-algorithm' },
      ede: [{ infoCode: Ede.UNSUPPORTED_DNSKEY_ALGORITHM, extraText: 'unsupported algorithm, example.com.' }],
    },
    {
      validation: { state: 'insecure', zone, reason: 'unsupported-digest' },
      ede: [{ infoCode: Ede.UNSUPPORTED_DS_DIGEST, extraText: 'unsupported digest, example.com.' }],
    },
    {
      validation: { state: 'insecure', zone, reason: 'nsec3-iterations' },
      ede: [{ infoCode: Ede.UNSUPPORTED_NSEC3_ITERATIONS, extraText: 'nsec3 iterations, example.com.' }],
    },
    {
      validation: { state: 'insecure', zone, reason: 'negative-trust-anchor' },
      ede: [{ infoCode: Ede.NEGATIVE_TRUST_ANCHOR, extraText: 'negative trust anchor, example.com.' }],
    },
    { validation: bogus, ede: [{ infoCode: Ede.SIGNATURE_EXPIRED, extraText: 'signature expired, example.com.' }] },
    {
      validation: { ...bogus, detail: 'key 12\n34\u001b[31m' },
      ede: [{ infoCode: Ede.SIGNATURE_EXPIRED, extraText: 'key 12?34?[31m' }],
    },
    {
      validation: { ...bogus, zone: long },
      ede: [{ infoCode: Ede.SIGNATURE_EXPIRED, extraText: `signature expired, ${'a'.repeat(42)}...` }],
    },
    { validation: indeterminate, ede: [{ infoCode: Ede.OVER_QUOTA, extraText: 'limit spent' }] },
    {
      validation: indeterminate,
      cached: true,
      ede: [
        { infoCode: Ede.OVER_QUOTA, extraText: 'limit spent' },
        { infoCode: Ede.CACHED_ERROR, extraText: '' },
      ],
    },
  ];
  test.each(rows)('$validation, cached $cached', async ({ validation, cached = false, ede }) => {
    expect(edeOf(await ask(resolutionOf('answer', validation, { cached }), queryOf({ edns: {} })))).toEqual(ede);
  });

  test('a client that takes bogus data with CD still hears why it is bogus', async () => {
    const reply = await ask(resolutionOf('answer', bogus), queryOf({ flags: { checkingDisabled: true }, edns: DO }));
    expect(edeOf(reply)).toMatchObject([{ infoCode: Ede.SIGNATURE_EXPIRED }]);
  });
});

describe('EDNS (RFC 6891)', () => {
  test('a client without an OPT record gets none', async () => {
    expect((await ask(resolutionOf('answer', bogus), queryOf({}))).edns).toBeUndefined();
  });

  test.each([
    { asked: true, nsid: 'resolver-1', want: ['resolver-1'] },
    { asked: false, nsid: 'resolver-1', want: [] },
    { asked: true, nsid: undefined, want: [] },
  ])('NSID (RFC 5001) asked $asked, configured $nsid', async ({ asked, nsid, want }) => {
    const options = asked ? [{ code: EdnsCode.NSID, data: new Uint8Array() }] : [];
    const reply = await ask(resolutionOf('answer'), queryOf({ edns: { options } }), CLIENT, nsid === undefined ? {} : { nsid });
    expect(reply.edns?.options.map(({ data }) => Buffer.from(data).toString())).toEqual(want);
  });

  test('unknown options are ignored and not echoed', async () => {
    const options = [{ code: 65_001, data: Buffer.alloc(200) }];
    const reply = await ask(resolutionOf('answer'), queryOf({ edns: { options } }));
    expect(reply).toMatchObject({ rcode: Rcode.NOERROR, edns: { options: [] } });
  });

  const big = resolutionOf('answer', SECURE, {
    answer: Array.from({ length: 60 }, (_, i) => rrset(`h${i}.example.com`, Type.A, [Uint8Array.of(192, 0, 2, i)], [rrsig(Type.A)])),
    authority: [],
  });
  test.each([
    { title: 'UDP without EDNS', client: CLIENT, edns: undefined, limit: 512, truncated: true },
    { title: 'UDP, 100 counts as 512', client: CLIENT, edns: { udpSize: 100, ...DO }, limit: 512, truncated: true },
    { title: 'UDP, the client takes 700', client: CLIENT, edns: { udpSize: 700, ...DO }, limit: 700, truncated: true },
    { title: 'UDP, the client takes more than we send', client: CLIENT, edns: { udpSize: 4096, ...DO }, limit: 1232, truncated: true },
    { title: 'TCP, whatever the client says', client: TCP_CLIENT, edns: { udpSize: 512, ...DO }, limit: 65_535, truncated: false },
  ])('size: $title', async ({ client, edns, limit, truncated }) => {
    const reply = await ask(big, queryOf(edns ? { edns } : {}), client);
    expect(reply.octets).toBeLessThanOrEqual(limit);
    expect(reply.flags.truncated).toBe(truncated);
    if (truncated) expect(reply.octets).toBeGreaterThan(limit - 150);
    else expect(reply.answer).toHaveLength(60);
  });
});

describe('what is not resolved', () => {
  const opt = (udpSize: number) => Buffer.from([0, 0, 41, udpSize >> 8, udpSize & 0xff, 0, 0, 0, 0, 0, 0]);
  const withAdditional = (count: number, ...records: Uint8Array[]) => {
    const octets = Buffer.concat([queryOf({}), ...records]);
    octets.writeUInt16BE(count, 10);
    return octets;
  };
  const patched = (patch: (octets: Buffer) => void, spec = {}) => {
    const octets = queryOf(spec);
    patch(octets);
    return octets;
  };
  const edns = {};
  const rows = [
    { title: 'opcode STATUS', query: queryOf({ opcode: Opcode.STATUS, edns }), rcode: Rcode.NOTIMP, ede: Ede.NOT_SUPPORTED },
    { title: 'opcode NOTIFY', query: queryOf({ opcode: Opcode.NOTIFY }), rcode: Rcode.NOTIMP },
    { title: 'opcode UPDATE', query: queryOf({ opcode: Opcode.UPDATE }), rcode: Rcode.NOTIMP },
    { title: 'opcode 15', query: queryOf({ opcode: 15 }), rcode: Rcode.NOTIMP },
    { title: 'no question', query: queryOf({ extra: { question: [] } }), rcode: Rcode.FORMERR, questions: 0 },
    { title: 'a header alone', query: queryOf({}).subarray(0, 12), rcode: Rcode.FORMERR, questions: 0 },
    { title: 'two questions', query: patched((o) => o.writeUInt16BE(2, 4)), rcode: Rcode.FORMERR, questions: 0 },
    { title: 'a name cut off', query: queryOf({}).subarray(0, 20), rcode: Rcode.FORMERR, questions: 0 },
    { title: 'a record that is not there', query: patched((o) => o.writeUInt16BE(1, 10)), rcode: Rcode.FORMERR, questions: 1 },
    { title: 'two OPT records', query: withAdditional(2, opt(1232), opt(1232)), rcode: Rcode.FORMERR },
    {
      title: 'an option longer than its record',
      query: withAdditional(1, Buffer.from([0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 9])),
      rcode: Rcode.FORMERR,
    },
    { title: 'EDNS version 1', query: queryOf({ edns: { version: 1 } }), rcode: Rcode.BADVERS },
    {
      title: 'class CH, version.bind TXT',
      query: queryOf({ name: 'version.bind', type: Type.TXT, class: Class.CH, edns }),
      rcode: Rcode.REFUSED,
      ede: Ede.NOT_SUPPORTED,
    },
    { title: 'class ANY', query: queryOf({ class: Class.ANY }), rcode: Rcode.REFUSED },
    { title: 'AXFR', query: queryOf({ type: Type.AXFR, edns }), rcode: Rcode.REFUSED, ede: Ede.INVALID_QUERY_TYPE },
    { title: 'IXFR', query: queryOf({ type: Type.IXFR, edns }), rcode: Rcode.REFUSED, ede: Ede.INVALID_QUERY_TYPE },
    ...[0, Type.OPT, Type.TKEY, Type.TSIG, Type.MAILA, Type.MAILB, 128, 200].map((type) => ({
      title: `type ${type}`,
      query: queryOf({ type, edns }),
      rcode: Rcode.FORMERR,
      ede: Ede.INVALID_QUERY_TYPE,
    })),
    { title: 'TC set', query: queryOf({ flags: { truncated: true } }), rcode: Rcode.FORMERR },
    { title: 'an answer in a query', query: queryOf({ extra: { answer: [address] } }), rcode: Rcode.FORMERR },
    { title: 'RD clear', query: queryOf({ flags: { recursionDesired: false }, edns }), rcode: Rcode.REFUSED, ede: Ede.NOT_AUTHORITATIVE },
  ];
  test.each(rows)(
    '$title gets its RCODE, no records, and nobody is asked',
    async ({ query, rcode, questions = 1, ede }: (typeof rows)[number] & { questions?: number; ede?: number }) => {
      const resolver = { resolve: () => Promise.reject(new Error('asked')) };
      const reply = await ask(resolutionOf('answer'), query, CLIENT, { resolver });
      expect(reply).toMatchObject({ id: 0x1234, rcode, opcode: (query[2]! >> 3) & 0xf, answer: [], authority: [], additional: [] });
      expect(reply.flags).toMatchObject({ response: true, recursionAvailable: true, authenticData: false, truncated: false });
      expect(reply.flags.recursionDesired).toBe((query[2]! & 1) === 1);
      expect(reply.question).toHaveLength(questions);
      expect(edeOf(reply).map(({ infoCode }) => infoCode)).toEqual(ede === undefined ? [] : [ede]);
    },
  );

  test('RFC 6891 §6.1.3: BADVERS carries our version', async () => {
    expect((await ask(resolutionOf('answer'), queryOf({ edns: { version: 7 } }))).edns).toMatchObject({ version: 0, udpSize: 1232 });
  });

  test.each([
    { title: 'a response', query: queryOf({ flags: { response: true } }) },
    { title: 'eleven octets', query: queryOf({}).subarray(0, 11) },
    { title: 'nothing', query: new Uint8Array() },
  ])('$title gets silence', async ({ query }) => {
    expect(await answerOf(resolutionOf('answer'))(query, CLIENT)).toBeUndefined();
    expect(await answerOf(resolutionOf('answer'), { mayAsk: () => false })(query, CLIENT), 'not allowed').toBeUndefined();
  });

  test.each([
    { title: 'a query', query: queryOf({ edns: {} }), ede: [Ede.PROHIBITED] },
    { title: 'a broken one', query: queryOf({ edns: {} }).subarray(0, 40), ede: [] },
    { title: 'another opcode', query: queryOf({ opcode: Opcode.UPDATE }), ede: [] },
  ])('$title of somebody who may not ask gets REFUSED', async ({ query, ede }) => {
    const asked: string[] = [];
    const mayAsk = (client: string) => asked.push(client) < 0;
    const reply = await ask(resolutionOf('answer'), query, { address: '192.0.2.7', transport: 'udp' }, { mayAsk });
    expect(reply).toMatchObject({ rcode: Rcode.REFUSED, answer: [] });
    expect(edeOf(reply).map(({ infoCode }) => infoCode)).toEqual(ede);
    expect(asked).toEqual(['192.0.2.7']);
  });
});

describe('records', () => {
  test("the client's letters come back, in the question and in the answer's owner", async () => {
    const octets = await answerOf(resolutionOf('answer'))(queryOf({ name: 'wWw.eXample.COM' }), CLIENT);
    const reply = packet.decode(Buffer.from(octets ?? []));
    expect(reply.questions?.[0]?.name).toBe('wWw.eXample.COM');
    expect(reply.answers?.[0]).toMatchObject({ name: 'wWw.eXample.COM', type: 'A', ttl: 300, data: '192.0.2.1' });
  });

  const signatures = rrset('www.example.com', Type.RRSIG, [rrsig(Type.A), rrsig(Type.TXT)]);
  const delegation = rrset('example.com', Type.DS, [Buffer.alloc(36, 1)], [rrsig(Type.DS)]);
  const nsec3 = rrset('abc.example.com', Type.NSEC3, [Buffer.from([1, 0, 0, 0, 0, 1, 9])]);
  test.each([
    { title: 'NSEC, asked for', type: Type.NSEC, answer: [nsec], authority: [], want: [[Type.NSEC], []] },
    { title: 'RRSIG, asked for', type: Type.RRSIG, answer: [signatures], authority: [], want: [[Type.RRSIG], []] },
    { title: 'DS, asked for', type: Type.DS, answer: [delegation], authority: [], want: [[Type.DS], []] },
    { title: 'ANY', type: Type.ANY, answer: [address, nsec], authority: [], want: [[Type.A, Type.NSEC], []] },
    { title: 'proofs of absence', type: Type.A, answer: [address], authority: [delegation, nsec, nsec3], want: [[Type.A], []] },
  ])('RFC 4035 §3.2.1, without DO: $title', async ({ type, answer, authority, want }) => {
    const question = { qname: parseName('www.example.com'), qtype: type, qclass: Class.IN };
    const reply = await ask(resolutionOf('answer', SECURE, { question, answer, authority }), queryOf({ type, edns: {} }));
    expect([typesOf(reply.answer), typesOf(reply.authority)]).toEqual(want);
    expect(signed(reply)).toBe(0);
  });
});

test('a fault of ours is SERVFAIL, with question and id, and is told', async () => {
  const errors: unknown[] = [];
  const fault = new Error('ours');
  const deps = {
    resolver: {
      resolve: () => {
        throw fault;
      },
    },
    onError: (error: unknown) => errors.push(error),
  };
  const reply = await ask(resolutionOf('answer'), queryOf({ edns: DO }), CLIENT, deps);
  expect(reply).toMatchObject({ id: 0x1234, rcode: Rcode.SERVFAIL, answer: [], edns: undefined });
  expect(formatName(reply.question[0]!.qname)).toBe('www.example.com.');
  expect(errors).toEqual([fault]);
});

test('each resolved question is told with its verdict, and nothing else is', async () => {
  const facts: AnswerFact[] = [];
  let time = 100;
  const question = { qname: parseName('www.example.com'), qtype: Type.A, qclass: Class.IN };
  const deps = { onAnswer: (fact: AnswerFact) => facts.push(fact), clock: () => (time += 0.5) };
  await ask(resolutionOf('nxdomain', SECURE, { cached: true }), queryOf({}), TCP_CLIENT, deps);
  await ask(resolutionOf('answer', bogus), queryOf({}), CLIENT, deps);
  await ask(resolutionOf('answer'), queryOf({ flags: { recursionDesired: false } }), CLIENT, deps);
  expect(facts).toEqual([
    { verdict: 'nxdomain', rcode: Rcode.NXDOMAIN, transport: 'tcp', cached: true, isStale: false, question, seconds: 0.5 },
    { verdict: 'bogus', rcode: Rcode.SERVFAIL, transport: 'udp', cached: false, isStale: false, question, seconds: 0.5 },
  ]);
});

test('a clock that steps back makes no negative duration', async () => {
  const facts: AnswerFact[] = [];
  let time = 100;
  await ask(resolutionOf('answer'), queryOf({}), CLIENT, { onAnswer: (fact) => facts.push(fact), clock: () => time-- });
  expect(facts).toMatchObject([{ seconds: 0 }]);
});

describe('stale answers (RFC 8767)', () => {
  test.each<[ResolutionKind, Validation, boolean, number, number[]]>([
    ['answer', SECURE, true, Rcode.NOERROR, [Ede.STALE_ANSWER]],
    ['nodata', SECURE, true, Rcode.NOERROR, [Ede.STALE_ANSWER]],
    ['nxdomain', SECURE, true, Rcode.NXDOMAIN, [Ede.STALE_NXDOMAIN]],
    ['answer', insecure, true, Rcode.NOERROR, [Ede.STALE_ANSWER]],
    ['answer', bogus, false, Rcode.SERVFAIL, [Ede.SIGNATURE_EXPIRED]],
  ])('%s, %o: told as such where it is given: %s', async (kind, validation, isStale, rcode, codes) => {
    const facts: AnswerFact[] = [];
    const deps = { onAnswer: (fact: AnswerFact) => facts.push(fact) };
    const reply = await ask(resolutionOf(kind, validation, { isStale: true }), queryOf({ edns: {} }), CLIENT, deps);
    expect([reply.rcode, edeOf(reply).map(({ infoCode }) => infoCode)]).toEqual([rcode, codes]);
    expect(facts.map((fact) => fact.isStale)).toEqual([isStale]);
  });

  test('DNS clients are told to accept them', async () => {
    const options: unknown[] = [];
    const resolver: Resolver = {
      resolve: async (_question, given) => {
        options.push(given);
        return resolutionOf('answer');
      },
    };
    await ask(resolutionOf('answer'), queryOf({}), CLIENT, { resolver });
    expect(options).toEqual([{ acceptsStale: true }]);
  });
});

test.each([
  { on: true, rcode: Rcode.NXDOMAIN },
  { on: false, rcode: Rcode.NOERROR },
])('special-use names are answered here: $on', async ({ on, rcode }) => {
  const reply = await ask(resolutionOf('answer'), queryOf({ name: 'host.invalid' }), CLIENT, { specialUseNames: on });
  expect(reply.rcode).toBe(rcode);
});
