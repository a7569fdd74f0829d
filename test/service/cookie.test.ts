/** Server cookies: RFC 9018 appendix A, and what of RFC 7873 concerns a server. */

import { describe, expect, test } from 'vitest';
import { EdnsCode, Rcode } from '../../src/base/registry.ts';
import { judgeCookie } from '../../src/service/cookie.ts';
import { ask, CLIENT, queryOf, resolutionOf, TCP_CLIENT } from './fake.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const ednsOf = (...cookies: string[]) => ({
  udpSize: 1232,
  version: 0,
  dnssecOk: false,
  options: cookies.map((cookie) => ({ code: EdnsCode.COOKIE, data: hex(cookie) })),
});
const SECRET = hex('e5e973e5a6b2a43f48e7dc849e37bfcf');
const ROLLED = { current: hex('445536bcd2513298075a5d379663c962'), previous: hex('dd3bdf9344b678b185a6f5cb60fca715') };
const V4 = '198.51.100.100';
const V6 = '2001:db8:220:1:59de:d0f4:8769:82b8';
const FIRST = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';
const RESERVED = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5';

function judge(cookie: string, address: string, now: number, secrets: Parameters<typeof judgeCookie>[3] = { current: SECRET }) {
  const { state, option } = judgeCookie(ednsOf(cookie), address, now, secrets);
  return { state, cookie: option && Buffer.from(option.data).toString('hex') };
}

describe('RFC 9018 appendix A', () => {
  test('A.1: a new one', () => expect(judge('2464c4abcf10c957', V4, 1559731985)).toEqual({ state: 'unproven', cookie: FIRST }));
  test('A.2: renewed', () =>
    expect(judge(FIRST, V4, 1559734385)).toEqual({ state: 'valid', cookie: '2464c4abcf10c957010000005cf7a871d4a564a1442aca77' }));
  test('A.3: reserved octets count as they came, and are zero in ours', () => {
    expect(judge(RESERVED, '203.0.113.203', 1559727985 + 600).state).toBe('valid');
    expect(judge(RESERVED, '203.0.113.203', 1559734700).cookie).toBe('fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e');
  });
  test('A.4: IPv6, the secret rolled over', () => {
    const old = '22681ab97d52c298010000005cf7c57926556bd0934c72f8';
    const want = { state: 'valid', cookie: '22681ab97d52c298010000005cf7c609a6bb79d16625507a' };
    expect(judge(old, V6, 1559741961, ROLLED)).toEqual(want);
    expect(judge(old, '2001:0db8:0220:0001:59de:d0f4:135.105.130.184', 1559741961, ROLLED)).toEqual(want);
    expect(judge(old, V6, 1559741961, { current: ROLLED.current }).state).toBe('unproven');
  });
});

describe('RFC 9018 §4.3 and §4.4: not valid is', () => {
  const made = 1559731985;
  test.each([
    { title: 'one of an hour and a second', address: V4, now: made + 3_601, state: 'unproven' },
    { title: 'one from six minutes ahead', address: V4, now: made - 360, state: 'unproven' },
    { title: 'another address', address: '198.51.100.101', now: made, state: 'unproven' },
    { title: '(but one of an hour is)', address: V4, now: made + 3_600, state: 'valid' },
    { title: '(and one from five minutes ahead)', address: V4, now: made - 300, state: 'valid' },
  ])('$title', ({ address, now, state }) => expect(judge(FIRST, address, now).state).toBe(state));

  test('one with any octet changed', () => {
    for (let at = 0; at < 24; at++) {
      const changed = hex(FIRST);
      changed[at] = (changed[at] as number) ^ 1;
      expect(judge(changed.toString('hex'), V4, made + 10).state, `octet ${at}`).toBe('unproven');
    }
  });
});

const cookies = { secrets: { current: SECRET }, require: false };

describe('the service', () => {
  test.each([0, 1, 7, 9, 15, 41, 400])('RFC 7873 §5.2.2: a cookie of %i octets is FORMERR, and not echoed', async (octets) => {
    const reply = await ask(resolutionOf('answer'), queryOf({ edns: ednsOf('00'.repeat(octets)) }), CLIENT, { cookies });
    expect(reply).toMatchObject({ rcode: Rcode.FORMERR, answer: [], edns: { options: [] } });
  });

  test.each([8, 16, 24, 40])(
    'one of %i octets is answered with 24, the client cookie first; a second option is ignored',
    async (octets) => {
      const edns = ednsOf('ab'.repeat(octets), 'cd'.repeat(3));
      const reply = await ask(resolutionOf('answer'), queryOf({ edns }), CLIENT, { cookies });
      expect(reply.rcode).toBe(Rcode.NOERROR);
      expect(reply.edns?.options.map(({ code, data }) => [code, data.length, Buffer.from(data.subarray(0, 8)).toString('hex')])).toEqual([
        [EdnsCode.COOKIE, 24, 'ab'.repeat(8)],
      ]);
    },
  );

  test('none is sent unasked, nor where they are off', async () => {
    const plain = await ask(resolutionOf('answer'), queryOf({ edns: {} }), CLIENT, { cookies });
    const off = await ask(resolutionOf('answer'), queryOf({ edns: ednsOf('ab'.repeat(8)) }));
    expect([plain.edns?.options, off.edns?.options]).toEqual([[], []]);
  });

  test('RFC 7873 §5.2.3: where they are required, BADCOOKIE teaches the cookie that is taken next; TCP needs none', async () => {
    const deps = { cookies: { ...cookies, require: true } };
    const query = queryOf({ edns: ednsOf('ab'.repeat(8)) });
    const first = await ask(resolutionOf('answer'), query, CLIENT, deps);
    expect(first).toMatchObject({ rcode: Rcode.BADCOOKIE, answer: [] });
    const learnt = Buffer.from(first.edns!.options[0]!.data).toString('hex');
    expect((await ask(resolutionOf('answer'), queryOf({ edns: ednsOf(learnt) }), CLIENT, deps)).rcode).toBe(Rcode.NOERROR);
    expect((await ask(resolutionOf('answer'), query, TCP_CLIENT, deps)).rcode).toBe(Rcode.NOERROR);
  });

  test('RFC 7828 §3: the idle time on TCP to whoever asks, in tenths of a second; nothing over UDP', async () => {
    const query = queryOf({ edns: { options: [{ code: EdnsCode.TCP_KEEPALIVE, data: new Uint8Array() }] } });
    const tcp = { ...TCP_CLIENT, idleTimeoutMs: () => 10_000 };
    const [asked, unasked, udp] = await Promise.all([
      ask(resolutionOf('answer'), query, tcp),
      ask(resolutionOf('answer'), queryOf({ edns: {} }), tcp),
      ask(resolutionOf('answer'), query, { ...CLIENT, idleTimeoutMs: () => 10_000 }),
    ]);
    expect(asked.edns?.options).toEqual([{ code: EdnsCode.TCP_KEEPALIVE, data: Uint8Array.of(0, 100) }]);
    expect([unasked.edns?.options, udp.edns?.options]).toEqual([[], []]);
  });

  test('client subnet, padding and sixty options in a row are not echoed; a sixty-fifth is FORMERR', async () => {
    const many = (count: number) => ({
      options: Array.from({ length: count }, (_, i) => ({ code: [8, 12][i % 2]!, data: Buffer.alloc(8) })),
    });
    expect(await ask(resolutionOf('answer'), queryOf({ edns: many(64) }), CLIENT, { cookies })).toMatchObject({
      rcode: 0,
      edns: { options: [] },
    });
    expect((await ask(resolutionOf('answer'), queryOf({ edns: many(65) }), CLIENT, { cookies })).rcode).toBe(Rcode.FORMERR);
  });
});
