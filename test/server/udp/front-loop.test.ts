import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EdnsCode, Rcode, Type } from '../../../src/base/registry.ts';
import { SECURE } from '../../../src/base/validation.ts';
import { Count } from '../../../src/server/udp/front-loop.ts';
import { composeMessage } from '../../../src/wire/compose.ts';
import { edeOption, readEde } from '../../../src/wire/ede.ts';
import { readMessage } from '../../../src/wire/read-message.ts';
import { address, bogus, indeterminate, insecure, nsec, queryOf, resolutionOf, rrset, rrsig } from '../../service/fake.ts';
import { NOW, Stand } from './stand.ts';

const cached = { cached: true };
const secret = { current: Buffer.alloc(16, 1) };
const cookies = { secrets: secret, require: false };
const cookie = (data = Buffer.alloc(8, 9)) => ({ code: EdnsCode.COOKIE, data });
const nsid = { code: EdnsCode.NSID, data: Buffer.alloc(0) };

/** A query answered once by the service, so that the table has its answer. */
async function learned(stand: Stand, resolution = resolutionOf('answer', SECURE, cached), query = queryOf({ edns: { dnssecOk: true } })) {
  await stand.service(resolution, query);
  return query;
}

describe('a front thread answers as the service does, octet by octet', () => {
  const states = { secure: SECURE, insecure };
  const rows = (['secure', 'insecure'] as const).flatMap((state) =>
    (['answer', 'nodata', 'nxdomain'] as const).flatMap((kind) =>
      [false, true].flatMap((cd) => [false, true].map((dnssecOk) => ({ state, kind, cd, dnssecOk }))),
    ),
  );
  test.each(rows)('$state $kind, CD $cd, DO $dnssecOk', async ({ state, kind, cd, dnssecOk }) => {
    const stand = new Stand({ deps: { nsid: 'here', cookies } });
    const resolution = resolutionOf(kind, states[state], cached);
    for (const authenticData of [false, true]) {
      for (const options of [[], [nsid], [cookie()], [nsid, cookie()], [{ code: 65_001, data: Buffer.alloc(3) }]]) {
        const query = queryOf({
          name: 'wWw.Example.com',
          flags: { authenticData, checkingDisabled: cd },
          edns: { dnssecOk, options, udpSize: 1_400 },
        });
        const slow = await stand.service(resolution, query);
        expect(stand.front(query)).toEqual(slow);
      }
    }
  });

  test('without EDNS: no OPT record', async () => {
    const stand = new Stand();
    const query = queryOf({});
    const slow = await stand.service(resolutionOf('answer', SECURE, cached), query);
    expect(stand.front(query)).toEqual(slow);
    expect(readMessage(stand.front(query) as Buffer).edns).toBeUndefined();
  });

  test('what DO=0 with EDNS left behind serves a client without EDNS, and the other way round', async () => {
    const stand = new Stand();
    const resolution = resolutionOf('answer', SECURE, cached);
    await stand.service(resolution, queryOf({ edns: {} }));
    expect(stand.front(queryOf({}))).toEqual(await stand.service(resolution, queryOf({})));
  });

  test('extended errors go to clients with EDNS, and are left out for none', async () => {
    const stand = new Stand();
    const resolution = resolutionOf('nxdomain', SECURE, { ...cached, isSynthesised: true });
    const query = queryOf({ edns: { dnssecOk: true } });
    const slow = await stand.service(resolution, query);
    const reply = stand.front(query) as Buffer;
    expect(reply).toEqual(slow);
    expect(readMessage(reply).edns?.options.flatMap((option) => readEde(option) ?? [])).toEqual([{ infoCode: 29, extraText: '' }]);
  });
});

describe('the client’s own', () => {
  test('id and letter case of the question come back as they came, and RD', async () => {
    const stand = new Stand();
    await learned(stand);
    const query = Buffer.from(queryOf({ name: 'WwW.eXample.COM', edns: { dnssecOk: true } }));
    query.writeUInt16BE(0xbeef, 0);
    const reply = stand.front(query) as Buffer;
    expect(reply.readUInt16BE(0)).toBe(0xbeef);
    expect(reply.subarray(12, 33)).toEqual(query.subarray(12, 33));
    expect(readMessage(reply).flags).toMatchObject({ response: true, recursionDesired: true, recursionAvailable: true });
  });

  test('AD only for who asks with AD or DO (RFC 6840 §5.7)', async () => {
    const stand = new Stand();
    await stand.service(resolutionOf('answer', SECURE, cached), queryOf({}));
    expect(readMessage(stand.front(queryOf({})) as Buffer).flags.authenticData).toBe(false);
    expect(readMessage(stand.front(queryOf({ flags: { authenticData: true } })) as Buffer).flags.authenticData).toBe(true);
  });

  test('what does not fit the client’s size is TC=1 without records, with OPT', async () => {
    const stand = new Stand({ deps: { cookies } });
    const large = rrset(
      'www.example.com',
      Type.A,
      Array.from({ length: 40 }, (_, i) => Uint8Array.of(192, 0, 2, i)),
      [rrsig(Type.A)],
    );
    const resolution = resolutionOf('answer', SECURE, { ...cached, answer: [large], authority: [] });
    await stand.service(resolution, queryOf({ edns: { dnssecOk: true } }));
    const small = stand.front(queryOf({ edns: { dnssecOk: true, udpSize: 512, options: [cookie()] } })) as Buffer;
    const reply = readMessage(small);
    expect(reply.flags.truncated).toBe(true);
    expect(reply.flags.authenticData).toBe(false);
    expect(reply.answer).toEqual([]);
    expect(reply.edns?.options.map(({ code }) => code)).toEqual([EdnsCode.COOKIE]);
    expect(small.length).toBeLessThanOrEqual(512);
  });

  test('sizes under 512 count as 512 (RFC 6891 §6.2.3)', async () => {
    const stand = new Stand();
    await learned(stand);
    const reply = stand.front(queryOf({ edns: { dnssecOk: true, udpSize: 100 } })) as Buffer;
    expect(readMessage(reply).flags.truncated).toBe(false);
  });

  test('what fits only without its extended error is left to the service, which decides', async () => {
    const stand = new Stand();
    const query = queryOf({ edns: { dnssecOk: true } });
    const withSignature = (octets: number) => {
      const proof = { ...nsec, signatures: [rrsig(Type.NSEC, octets)] };
      return resolutionOf('nxdomain', SECURE, { ...cached, isSynthesised: true, authority: [proof] });
    };
    const others = (await stand.service(withSignature(0), query, { now: 0 }))!.length;
    stand.table.empty();
    const whole = await stand.service(withSignature(515 - others), query);
    expect(whole).toHaveLength(515);
    expect(stand.front(query)).toEqual(whole);
    expect(stand.front(queryOf({ edns: { dnssecOk: true, udpSize: 512 } }))).toBe('miss');
  });
});

describe('what is kept, and what is not', () => {
  test('an answer is kept when it comes out of the cache, so not when it is asked for the first time', async () => {
    const stand = new Stand();
    const query = await learned(stand, resolutionOf('answer', SECURE));
    expect(stand.front(query)).toBe('miss');
    await learned(stand);
    expect(stand.front(query)).toBeInstanceOf(Buffer);
  });

  test.each([
    ['bogus', resolutionOf('answer', bogus, cached)],
    ['indeterminate', resolutionOf('failure', indeterminate, cached)],
    ['stale (RFC 8767)', resolutionOf('answer', SECURE, { ...cached, isStale: true })],
    [
      'insecure by a negative trust anchor, which must hear of it',
      resolutionOf('answer', { ...insecure, reason: 'negative-trust-anchor' } as typeof insecure, cached),
    ],
    ['of TTL 0', resolutionOf('answer', SECURE, { ...cached, expires: NOW })],
  ])('not what is %s', async (_, resolution) => {
    const stand = new Stand();
    const query = await learned(stand, resolution);
    await learned(stand, resolution, queryOf({ flags: { checkingDisabled: true } }));
    expect(stand.front(query)).toBe('miss');
    expect(stand.front(queryOf({ flags: { checkingDisabled: true } }))).toBe('miss');
  });

  test('CD=0 and CD=1, DO=0 and DO=1, and other types are other answers', async () => {
    const stand = new Stand();
    await learned(stand);
    expect(stand.front(queryOf({ edns: { dnssecOk: true }, flags: { checkingDisabled: true } }))).toBe('miss');
    expect(stand.front(queryOf({ edns: { dnssecOk: false } }))).toBe('miss');
    expect(stand.front(queryOf({ edns: { dnssecOk: true }, type: Type.AAAA }))).toBe('miss');
    expect(stand.front(queryOf({ edns: { dnssecOk: true }, name: 'example.com' }))).toBe('miss');
  });

  test('types are compared as numbers: HTTPS (65) is not type 97, which is what its letter is in lower case', async () => {
    const stand = new Stand();
    await learned(stand, resolutionOf('nodata', SECURE, cached), queryOf({ type: 65 }));
    expect(stand.front(queryOf({ type: 65 }))).toBeInstanceOf(Buffer);
    expect(stand.front(queryOf({ type: 97 }))).toBe('miss');
  });

  test('a sentinel name that is answered with SERVFAIL is not kept (RFC 8509)', async () => {
    const stand = new Stand({ deps: { trustsRootKey: () => true } });
    const query = queryOf({ name: 'root-key-sentinel-not-ta-20326.example.com', edns: { dnssecOk: true } });
    const question = readMessage(query).question[0]!;
    const reply = await stand.service(resolutionOf('answer', SECURE, { ...cached, question }), query);
    expect(readMessage(reply!).rcode).toBe(Rcode.SERVFAIL);
    expect(stand.front(query)).toBe('miss');
  });

  test('with prefetch, the last tenth of its time is the service’s, which has it fetched anew', async () => {
    const stand = new Stand({ deps: { prefetch: true } });
    const query = await learned(stand); // 300 s are left
    expect(stand.front(query, { now: NOW + 269 })).toBeInstanceOf(Buffer);
    expect(stand.front(query, { now: NOW + 270 })).toBe('miss');
  });

  test('nothing of an earlier epoch', async () => {
    const stand = new Stand();
    const query = await learned(stand);
    stand.table.empty();
    expect(stand.front(query)).toBe('miss');
    await learned(stand);
    expect(stand.front(query)).toBeInstanceOf(Buffer);
  });
});

describe('time', () => {
  const ttls = (reply: Buffer | 'miss' | undefined) => {
    const { answer, authority } = readMessage(reply as Buffer);
    return [...answer, ...authority].map(({ ttl }) => ttl);
  };

  test('TTLs count down, all of them, and the answer ends with its second', async () => {
    const stand = new Stand();
    const query = await learned(stand);
    expect(ttls(stand.front(query))).toEqual([300, 300]);
    expect(ttls(stand.front(query, { now: NOW + 1 }))).toEqual([299, 299]);
    expect(ttls(stand.front(query, { now: NOW + 299 }))).toEqual([1, 1]);
    expect(stand.front(query, { now: NOW + 300 })).toBe('miss');
  });

  test('it ends with what ends first, be it a signature', async () => {
    const stand = new Stand();
    const query = await learned(stand, resolutionOf('answer', SECURE, { ...cached, expires: NOW + 10 }));
    expect(stand.front(query, { now: NOW + 9 })).toBeInstanceOf(Buffer);
    expect(stand.front(query, { now: NOW + 10 })).toBe('miss');
  });

  test('a clock that steps back empties the table: it must not prolong what is in it', async () => {
    const stand = new Stand();
    const query = await learned(stand);
    expect(stand.front(query, { now: NOW + 200 })).toBeInstanceOf(Buffer);
    expect(stand.front(query, { now: NOW + 100 })).toBe('miss');
    expect(stand.front(query, { now: NOW + 200 })).toBe('miss');
  });

  test('the same where nobody asked meanwhile, for an idle thread looks at the clock too', async () => {
    const stand = new Stand();
    const query = await learned(stand);
    stand.loop.idle(NOW + 200);
    stand.loop.idle(NOW + 100);
    expect(stand.front(query, { now: NOW + 100 })).toBe('miss');
  });

  test.each([
    ['before 2038 and ends after it', 2 ** 31 - 100],
    ['after 2038', 2 ** 31 + 100],
    ['after 2106', 2 ** 32 + 100],
  ])('an answer that begins %s is given like others, to its end', async (_, born) => {
    const stand = new Stand();
    const query = queryOf({ edns: { dnssecOk: true } });
    await stand.service(resolutionOf('answer', SECURE, { ...cached, expires: born + 300 }), query, { now: born });
    expect(ttls(stand.front(query, { now: born }))).toEqual([300, 300]);
    expect(ttls(stand.front(query, { now: born + 299 }))).toEqual([1, 1]);
    expect(stand.front(query, { now: born + 300 })).toBe('miss');
    const key = { question: readMessage(query).question[0]!, dnssecOk: true, checkingDisabled: false };
    expect([born + 299, born + 300].map((now) => stand.table.holds(key, now))).toEqual([true, false]);
  });

  test('a clock that is a second behind another processor’s is no such step', async () => {
    const stand = new Stand();
    const query = await learned(stand);
    stand.front(query, { now: NOW + 1 });
    expect(ttls(stand.front(query, { now: NOW }))).toEqual([300, 300]);
  });
});

describe('who may ask, and how often', () => {
  test.each([
    ['192.0.2.0/25', '192.0.2.127', '192.0.2.128'],
    ['10.0.0.0/7', '11.255.255.255', '12.0.0.0'],
    ['198.51.100.7', '198.51.100.7', '198.51.100.6'],
    ['2001:db8:8::/45', '2001:db8:f::1', '2001:db8:10::1'],
    ['::/0', '2001:db8::1', '192.0.2.1'],
    ['0.0.0.0/0', '192.0.2.1', '2001:db8::1'],
  ])('%s lets %s in and %s not', async (prefix, inside, outside) => {
    const stand = new Stand({ allowed: [prefix] });
    const query = await learned(stand);
    expect(readMessage(stand.front(query, { address: inside }) as Buffer).rcode).toBe(Rcode.NOERROR);
    const refused = readMessage(stand.front(query, { address: outside }) as Buffer);
    expect(refused.rcode).toBe(Rcode.REFUSED);
    expect(refused.answer).toEqual([]);
    expect(refused.edns?.options).toEqual([edeOption(18)]);
    expect(stand.counts[Count.REFUSED]).toBe(1);
  });

  test('a refusal is what the service says too', async () => {
    const stand = new Stand({ allowed: [] });
    const query = queryOf({ edns: { dnssecOk: true }, flags: { authenticData: true, checkingDisabled: true } });
    const { createAnswer } = await import('../../../src/service/answer.ts');
    const answer = createAnswer({
      resolver: { resolve: () => Promise.reject(new Error()) },
      mayAsk: () => false,
      specialUseNames: true,
      clock: () => NOW,
    });
    expect(stand.front(query)).toEqual(await answer(query, { address: '192.0.2.7', transport: 'udp' }));
  });

  test('over its rate a client gets TC=1, never silence; another one, and the next second, are not concerned', async () => {
    const stand = new Stand({ queriesPerSecond: 2 });
    const query = await learned(stand);
    const truncated = (options?: Parameters<Stand['front']>[1]) => readMessage(stand.front(query, options) as Buffer).flags.truncated;
    expect([truncated(), truncated(), truncated()]).toEqual([false, false, true]);
    expect(truncated({ address: '192.0.2.8' })).toBe(false);
    expect(truncated({ now: NOW + 1 })).toBe(false);
    expect(stand.counts[Count.RATE_LIMITED]).toBe(1);
  });

  test('a rate is kept after 2038 too', () => {
    const stand = new Stand({ queriesPerSecond: 1 });
    const now = 2 ** 31 + 1;
    expect(stand.front(queryOf({}), { now })).toBe('miss');
    expect(readMessage(stand.front(queryOf({}), { now }) as Buffer).flags.truncated).toBe(true);
  });

  test('one /64 of IPv6 is one client', async () => {
    const stand = new Stand({ queriesPerSecond: 1 });
    const query = await learned(stand);
    const truncated = (address: string) => readMessage(stand.front(query, { address }) as Buffer).flags.truncated;
    expect([truncated('2001:db8::1'), truncated('2001:db8::2'), truncated('2001:db8:0:1::1')]).toEqual([false, true, false]);
  });

  test('misses count too, and are not handed over', async () => {
    const stand = new Stand({ queriesPerSecond: 1 });
    expect(stand.front(queryOf({}))).toBe('miss');
    expect(readMessage(stand.front(queryOf({})) as Buffer).flags.truncated).toBe(true);
  });

  test('trusted clients, and those with a valid cookie, have no limit (RFC 7873 §5.2.3)', async () => {
    const stand = new Stand({ queriesPerSecond: 1, trusted: ['192.0.2.9'], deps: { cookies } });
    const query = await learned(stand);
    for (let i = 0; i < 5; i++) expect(readMessage(stand.front(query, { address: '192.0.2.9' }) as Buffer).flags.truncated).toBe(false);
    const first = readMessage(stand.front(queryOf({ edns: { dnssecOk: true, options: [cookie()] } })) as Buffer);
    const proven = queryOf({ edns: { dnssecOk: true, options: [cookie(Buffer.from(first.edns!.options[0]!.data))] } });
    for (let i = 0; i < 5; i++) expect(readMessage(stand.front(proven) as Buffer).flags.truncated).toBe(false);
    const forged = Buffer.from(first.edns!.options[0]!.data);
    forged[23]! ^= 1;
    expect(readMessage(stand.front(queryOf({ edns: { dnssecOk: true, options: [cookie(forged)] } })) as Buffer).flags.truncated).toBe(true);
  });

  test('with cookies required, a client without a valid one is left to the service, which says BADCOOKIE', async () => {
    const stand = new Stand({ deps: { cookies: { ...cookies, require: true } } });
    await learned(stand);
    const query = queryOf({ edns: { dnssecOk: true, options: [cookie()] } });
    expect(stand.front(query)).toBe('miss');
    expect(readMessage((await stand.service(resolutionOf('answer', SECURE, cached), query))!).rcode).toBe(Rcode.BADCOOKIE);
  });

  test('a cookie of impossible length is left to the service, which says FORMERR', async () => {
    const stand = new Stand({ deps: { cookies } });
    await learned(stand);
    expect(stand.front(queryOf({ edns: { dnssecOk: true, options: [cookie(Buffer.alloc(9))] } }))).toBe('miss');
  });

  test('where the resolver thread has too much, the newest gets TC=1', () => {
    const stand = new Stand({ mayHandOver: () => false });
    const reply = readMessage(stand.front(queryOf({ edns: {} })) as Buffer);
    expect(reply.flags.truncated).toBe(true);
    expect(reply.rcode).toBe(Rcode.NOERROR);
    expect(stand.counts[Count.OVERLOADED]).toBe(1);
  });
});

describe('what is no plain question is left to the service', () => {
  const base = { dnssecOk: true };
  test.each([
    ['RD=0', queryOf({ edns: base, flags: { recursionDesired: false } })],
    ['another opcode', queryOf({ edns: base, opcode: 4 })],
    ['TC=1', queryOf({ edns: base, flags: { truncated: true } })],
    ['class CH', queryOf({ edns: base, class: 3 })],
    ['class 257', queryOf({ edns: base, class: 257 })],
    ['EDNS version 1', queryOf({ edns: { ...base, version: 1 } })],
    ['records in the answer section', queryOf({ edns: base, extra: { answer: [address] } })],
    ['records in the authority section', queryOf({ edns: base, extra: { authority: [nsec] } })],
    ['another additional record', queryOf({ extra: { additional: [address] } })],
    ['octets behind the message', Buffer.concat([queryOf({ edns: base }), Buffer.alloc(1)])],
    ['octets behind a message without EDNS', Buffer.concat([queryOf({}), Buffer.alloc(1)])],
    ['a message cut in its question', queryOf({}).subarray(0, 20)],
    ['a message cut in its OPT record', queryOf({ edns: base }).subarray(0, -1)],
    ['a header alone', queryOf({}).subarray(0, 12)],
  ])('%s', async (_, query) => {
    const stand = new Stand();
    await learned(stand);
    await learned(stand, resolutionOf('answer', SECURE, cached), queryOf({}));
    expect(stand.front(query)).toBe('miss');
  });

  test.each([
    ['an answer', composeMessage({ ...readMessage(queryOf({})), flags: { ...readMessage(queryOf({})).flags, response: true } }, 512)],
    ['under twelve octets', queryOf({}).subarray(0, 11)],
    ['more than any query has', Buffer.concat([queryOf({}), Buffer.alloc(5_000)])],
  ])('but silence for %s', (_, query) => {
    expect(new Stand().front(query)).toBeUndefined();
  });

  test('and for port 0, where nothing can be sent', () => {
    expect(new Stand().front(queryOf({}), { port: 0 })).toBeUndefined();
  });

  test('any octets: no fault, and never an answer to what was not asked', async () => {
    const stand = new Stand({ deps: { cookies } });
    const good = await learned(stand);
    const mutated = fc
      .array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
      .map((changes) =>
        changes.reduce((octets, [at, value]) => Buffer.from(octets.map((octet, i) => (i === at ? value : octet))), Buffer.from(good)),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated), (octets) => {
        const reply = stand.front(octets);
        if (!(reply instanceof Buffer)) return true;
        const { id, question, flags } = readMessage(reply);
        const asked = readMessage(octets);
        return (
          id === asked.id &&
          flags.response &&
          question[0]?.qtype === asked.question[0]?.qtype &&
          question[0]?.qname.key === asked.question[0]?.qname.key
        );
      }),
      { numRuns: 5_000 },
    );
  });
});
