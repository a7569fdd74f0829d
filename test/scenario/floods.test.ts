/** Too much of one thing: huge RRsets, types without end at a name, servers that are slow for ever, answers held back for a burst (DNSBomb). */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clientLimits, describeLimit, type Limit } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import type { Exchange } from '../../src/net/exchange.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import { startUdp } from '../../src/server/udp/dgram.ts';
import { queryOctets, readReply } from '../whole/client.ts';
import { healthyZones } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { at, type Behaviour, makeBench, makeWorld, on, said, settingsFor } from './world.ts';

const EVIL_AT = ['192.0.2.66'];
const world = makeWorld([...healthyZones, { apex: 'evil.test.', at: EVIL_AT, records: ['www A 10.0.0.66'] }]);
const evil = world.zone('evil.test.');
/** Its aliases are nobody's to judge, so all that can go wrong with it is time. */
const unsignedWorld = makeWorld([...healthyZones, { apex: 'evil.test.', at: EVIL_AT, signing: 'unsigned', records: ['www A 10.0.0.66'] }]);
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);

describe('RRsets of thousands of records (CVE-2024-1737)', () => {
  /** As many as a message of 65,535 octets holds. */
  const huge = (owner: string): RRset => evil.signed.sign(rrset(owner, 'A', addresses(4_000)));
  const hugeAt = (owner: string): Behaviour => {
    const made = huge(owner);
    return on(owner, 'A', (reply) => ({ ...reply, rcode: 0, answer: [made], authority: [], octets: 64_100 }));
  };

  test('one is answered, for its zone wants it so, at one check', async () => {
    const bench = makeBench(world, { behaviours: [hugeAt('www.evil.test.')] });
    const result = await bench.ask('www.evil.test.');
    expect(said(result)).toBe('answer secure');
    expect(result.answer[0]?.rdata.length).toBe(4_000);
    expect(bench.sent.length).toBeLessThanOrEqual(8);
  });

  test('many do not push a neighbour out of the cache, nor grow it past its limit', async () => {
    const names = Array.from({ length: 150 }, (_, i) => `h${i}.evil.test.`);
    const bench = makeBench(world, { settings: { maxCacheOctets: 4_000_000 }, behaviours: names.map(hugeAt) });
    await bench.ask('www.secure.test.');
    for (const name of names) await bench.ask(name);
    expect(bench.resolver.figures().octets).toBeLessThanOrEqual(4_000_000);
    const before = bench.sent.length;
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
    expect(bench.sent.length).toBe(before);
  });

  test("octets of many at once are one query's: an alias from one to the next ends it", async () => {
    const limits: Limit[] = [];
    const chain = Array.from({ length: 12 }, (_, i) => `c${i} CNAME c${i + 1}.evil.test.`);
    const long = makeWorld([...healthyZones, { apex: 'evil.test.', at: EVIL_AT, records: chain }]);
    // Each link comes alone, in a message as long as there is.
    const bench = makeBench(long, {
      onLimit: (limit) => limits.push(limit),
      behaviours: [at(EVIL_AT, (reply) => ({ ...reply, answer: reply.answer.slice(0, 1), octets: 250_000 }))],
    });
    const result = await bench.ask('c2.evil.test.');
    expect(result.validation).toMatchObject({ reason: 'limit-spent', detail: describeLimit('upstreamOctets') });
    expect(limits).toContain('upstreamOctets');
    const octets = bench.sent.filter(({ address }) => EVIL_AT.includes(address)).length * 250_000;
    expect(octets).toBeLessThanOrEqual(clientLimits.upstreamOctets + 250_000);
  });
});

describe('types without end at one name', () => {
  const all = Array.from({ length: 400 }, (_, i) => 256 + i);
  const flood = (type: number): RRset => ({ ...rrset('www.evil.test.', 'TXT', ['x']), type });

  test('five hundred RRsets that nobody asked for beside the one: none is checked, none kept', async () => {
    const stuffed = on('www.evil.test.', 'A', (reply) => ({
      ...reply,
      answer: [...all.slice(0, 200).map(flood), ...reply.answer],
      authority: [...reply.authority, ...all.slice(0, 150).map(flood)],
      additional: all.slice(0, 150).map(flood),
    }));
    const plain = makeBench(world);
    expect(said(await plain.ask('www.evil.test.'))).toBe('answer secure');
    const bench = makeBench(world, { behaviours: [stuffed] });
    expect(said(await bench.ask('www.evil.test.'))).toBe('answer secure');
    expect(bench.resolver.figures().entries).toEqual(plain.resolver.figures().entries);
    expect(bench.sent).toEqual(plain.sent);
  });

  test('asked one by one they take memory within its limit, and no neighbour out of the cache', async () => {
    const each: Behaviour = at(EVIL_AT, (reply, { question }) =>
      textOf(question.qname) === 'www.evil.test.' && question.qtype >= 256
        ? { ...reply, rcode: 0, answer: [evil.signed.sign(flood(question.qtype))], authority: [] }
        : undefined,
    );
    const bench = makeBench(world, { settings: { maxCacheOctets: 400_000 }, behaviours: [each] });
    const ask = (qtype: number) => bench.resolver.resolve({ qname: parseName('www.evil.test.'), qtype, qclass: 1 });
    await bench.ask('www.secure.test.');
    for (const type of all) {
      expect(said(await ask(type))).toBe('answer secure');
      await bench.ask('www.secure.test.'); // somebody does, now and then
    }
    const { octets, entries } = bench.resolver.figures();
    expect(octets).toBeLessThanOrEqual(400_000);
    expect(entries.rrset + entries.denial, 'older ones went').toBeLessThan(all.length);
    expect(bench.sent.filter(({ name }) => name === 'www.secure.test.').length).toBe(1);
  });

  test('ANY costs one question and no more checks than any other', async () => {
    const records = Array.from({ length: 60 }, (_, i) => evil.signed.sign(flood(300 + i), { corrupt: true }));
    const any = on('www.evil.test.', 'ANY', (reply) => ({ ...reply, rcode: 0, answer: records, authority: [] }));
    const limits: Limit[] = [];
    const bench = makeBench(world, { behaviours: [any], onLimit: (limit) => limits.push(limit) });
    const result = await bench.ask('www.evil.test.', 'ANY');
    expect(result.validation.state).not.toBe('secure');
    expect(bench.sent.filter(({ type }) => type === 'ANY').length).toBeLessThanOrEqual(4);
  });
});

describe('a server that is slow for ever', () => {
  /** Its answers come after so many milliseconds, by a clock that the test moves; those of all others at once. */
  function makeSlow(delayMs: number, behaviours: readonly Behaviour[] = []) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
    vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
    const limits: Limit[] = [];
    const quick = makeBench(unsignedWorld, { behaviours });
    const asked = { slow: 0 };
    const exchange: Exchange = (query) => {
      const answer = quick.exchange(query);
      if (!EVIL_AT.includes(query.server.address)) return answer;
      asked.slow++;
      const wait = Math.min(delayMs, query.timeoutMs);
      return new Promise((resolve) => {
        setTimeout(() => resolve(wait < delayMs ? { outcome: 'timeout', nearMisses: 0 } : answer), wait);
      });
    };
    const resolver = createResolver({
      exchange,
      now: () => quick.clock.now,
      signatureTime: () => quick.clock.now,
      randomInt: () => 0,
      settings: settingsFor(unsignedWorld),
      onLimit: (limit) => limits.push(limit),
    });
    const ask = (name: string) => resolver.resolve({ qname: parseName(name), qtype: Type.A, qclass: 1 });
    return { ask, asked, limits, resolver };
  }

  async function elapsedUntil<T>(promise: Promise<T>): Promise<{ result: T; ms: number }> {
    const began = performance.now();
    let result: T | undefined;
    promise.then((value) => {
      result = value;
    });
    for (let waited = 0; waited < 30_000 && result === undefined; waited += 50) await vi.advanceTimersByTimeAsync(50);
    return { result: result as T, ms: performance.now() - began };
  }

  test.each([
    ['never', Number.POSITIVE_INFINITY],
    ['each time in the last moment', 300],
    ['after a second', 1_000],
  ])('answering %s: whoever asks is told within 8 seconds, and nothing bogus is kept', async (_title, delayMs) => {
    let depth = 0;
    // Each answer leads on: to a name below, by the same server.
    const onward: Behaviour = at(EVIL_AT, (reply, { question }) =>
      question.qtype === Type.A
        ? { ...reply, rcode: 0, answer: [rrset(textOf(question.qname), 'CNAME', [`n${++depth}.evil.test.`])], authority: [] }
        : undefined,
    );
    const { ask, asked, limits, resolver } = makeSlow(delayMs, [onward]);
    const { result, ms } = await elapsedUntil(ask('www.evil.test.'));
    expect(ms).toBeLessThanOrEqual(8_050);
    expect(result.validation.state).toBe('indeterminate');
    expect(asked.slow, 'two at a time, each after its delay').toBeLessThanOrEqual(2 * (8_000 / 300));
    expect(resolver.figures().entries.bogus).toBe(0);
    expect(limits.length).toBeLessThanOrEqual(10);
  });

  test('a neighbour asked at the same moment is answered at once', async () => {
    const { ask } = makeSlow(Number.POSITIVE_INFINITY);
    const slow = ask('www.evil.test.');
    const { result, ms } = await elapsedUntil(ask('www.secure.test.'));
    expect(said(result)).toBe('answer secure');
    expect(ms).toBeLessThanOrEqual(50);
    await elapsedUntil(slow);
  });

  test('time that is spent is named and counted, and says nothing of the name', async () => {
    const { ask, limits, resolver } = makeSlow(Number.POSITIVE_INFINITY);
    const { result } = await elapsedUntil(
      resolver.resolve({ qname: parseName('www.evil.test.'), qtype: 1, qclass: 1 }, { deadlineMs: 500 }),
    );
    expect(result.validation).toMatchObject({ state: 'indeterminate', reason: 'limit-spent', detail: describeLimit('time') });
    expect(limits).toContain('time');
    expect(resolver.figures().entries).toMatchObject({ bogus: 0, failure: 0 });
    await elapsedUntil(ask('www.evil.test.'));
  });
});

describe('answers held back for a burst (DNSBomb, CVE-2024-33655)', () => {
  test('a client whose address is forged gets at most its share of them, and for the rest no more octets than were sent', async () => {
    const SHARE = 50;
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let drops = 0;
    const big = Buffer.alloc(1_232);
    const udp = await startUdp(
      { address: '127.0.0.1', port: 0 },
      async (query) => {
        await held;
        big.set(query.subarray(0, 2));
        return Buffer.from(big);
      },
      { maxInFlightPerClient: SHARE, onDrop: () => drops++ },
    );
    const socket = createSocket('udp4');
    cleanUp.push(
      () => udp.stop(0),
      () => socket.close(),
    );
    const replies: Buffer[] = [];
    socket.on('message', (reply) => replies.push(reply));
    const query = (id: number) => queryOctets({ name: 'slow.example', type: 'A' }, id);
    // In batches, for a socket buffer that overflows would drop what is to be counted.
    for (let id = 1; id <= 400; id++) {
      socket.send(query(id), udp.port, '127.0.0.1');
      if (id % 50 === 0) await vi.waitFor(() => expect(replies.length).toBe(Math.max(0, id - SHARE)), { timeout: 5_000 });
    }
    expect(replies.every((reply) => readReply(reply).tc && reply.length <= query(1).length)).toBe(true);
    expect(drops).toBe(400 - SHARE);
    replies.length = 0;
    release();
    await vi.waitFor(() => expect(replies.length).toBe(SHARE), { timeout: 5_000 });
    const last = once(socket, 'message');
    socket.send(query(401), udp.port, '127.0.0.1');
    expect(((await last) as [Buffer])[0].length, 'the share is free again').toBe(1_232);
    expect(replies.length).toBe(SHARE + 1);
  });

  test('equal questions held together cost one walk, whoever asks', async () => {
    const bench = makeBench(world, { behaviours: [] });
    const results = await Promise.all(Array.from({ length: 500 }, () => bench.ask('www.evil.test.')));
    expect(results.every((result) => said(result) === 'answer secure')).toBe(true);
    expect(bench.sent.length).toBeLessThanOrEqual(8);
  });
});
