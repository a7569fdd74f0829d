/**
 * What hostile zones, hostile clients and one bad server of a good zone may not do, second part: hold the whole process up, take a zone
 * away by way of what was meant to repair it, grow without bound, or shut a client out by its forged address.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clientLimits, sharedLimits } from '../../src/base/budget.ts';
import { isWithin, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import type { Work } from '../../src/base/work.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import { createVerdictCache } from '../../src/http/verdict-cache.ts';
import { InFlight } from '../../src/resolver/in-flight.ts';
import { startTcp } from '../../src/server/stream.ts';
import { startUdp } from '../../src/server/udp/dgram.ts';
import type { Answer } from '../../src/service/answer.ts';
import { appFor } from '../http/app-for-test.ts';
import { makeKey, NOW } from '../vectors/signed-zone.ts';
import { queryOctets, readReply } from '../whole/client.ts';
import { healthyWorld, LEAF_AT } from './healthy.ts';
import { rrset, textOf } from './rrset.ts';
import { anchorOf, at, type Behaviour, dataOf, makeBench, makeWorld, on, said, servfail, silent, stateOf } from './world.ts';

const healthy = healthyWorld();
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const step of cleanUp.splice(0).reverse()) await step();
});

describe('cost of one question', () => {
  /** z0.evil. to z19.evil., each by servers in eight of the others, none with glue; every delegation can be known beforehand. */
  const ZONES = 20;
  const circles: Behaviour = at(['192.0.2.66'], (reply, { question }) => {
    const child = textOf(question.qname).split('.').at(-3);
    if (!child?.startsWith('z')) return undefined;
    const servers = Array.from({ length: 8 }, (_, i) => `ns.z${(Number(child.slice(1)) + 1 + i) % ZONES}.evil.`);
    return { ...reply, rcode: 0, authoritative: false, answer: [], authority: [rrset(`${child}.evil.`, 'NS', servers)] };
  });

  test('zones that name each other as servers, all known: not every path among them is tried', async () => {
    let looks = 0;
    // Whoever works looks at the clock; there is nothing else to count, for no query is sent. It goes slowly, yet on, so that all ends.
    vi.spyOn(performance, 'now').mockImplementation(() => ++looks / 10);
    const world = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'evil.', at: ['192.0.2.66'], signing: 'unsigned' },
    ]);
    const bench = makeBench(world, { behaviours: [circles] });
    for (let i = 0; i < ZONES; i++) {
      const before = looks;
      expect(stateOf(await bench.ask(`www${i}.z${i}.evil.`))).toBe('indeterminate');
      expect(looks - before).toBeLessThan(20_000);
    }
  });

  test('shared work that spends its own limit is not begun again for each of many who wait', async () => {
    const inFlight = new InFlight({ monotonicMs: () => 0, sharedDeadlineMs: 8_000 });
    let runs = 0;
    const greedy = async (own: Work) => {
      runs++;
      for (;;) {
        await Promise.resolve();
        own.spend('upstreamQueries');
      }
    };
    const all = Array.from({ length: 40 }, (_, i) =>
      inFlight.begin(`q${i}`, clientLimits, 8_000, undefined, (work) => work.share('keys', greedy)),
    );
    expect(new Set((await Promise.all(all)).map(({ outcome }) => outcome)).size).toBeGreaterThan(0);
    expect(runs).toBeLessThanOrEqual(Math.ceil(clientLimits.upstreamQueries / sharedLimits.upstreamQueries));
    expect(inFlight.size).toBe(0);
  });
});

test('a neighbour who joins what another began does not fail by what that other had left, however deep it lay', async () => {
  const inFlight = new InFlight({ monotonicMs: () => 0, sharedDeadlineMs: 8_000 });
  let open = () => {};
  const held = new Promise<void>((resolve) => {
    open = resolve;
  });
  const outer = (own: Work) =>
    own.share('inner', async (inner) => {
      await held;
      inner.spend('upstreamQueries', 6);
      return 'data';
    });
  const query = (work: Work) => work.share('outer', outer);
  const poor = inFlight.begin('poor', { ...clientLimits, upstreamQueries: 5 }, 8_000, undefined, query);
  await Promise.resolve();
  const rich = inFlight.begin('rich', clientLimits, 8_000, undefined, query);
  await Promise.resolve();
  open();
  expect(JSON.stringify(await poor)).toContain('limit-spent');
  expect(JSON.stringify(await rich)).toContain('"data"');
});

describe('one server of two signs with a key of its own', () => {
  const stale = makeKey({ algorithm: 13 });
  const at2 = ['192.0.2.21', '192.0.2.22'];

  test.each([20, 40].flatMap((ttl) => at2.map((bad) => ({ ttl, bad }))))(
    'keys that live $ttl s and end soon after they were renewed: the other server still has them ($bad)',
    async ({ ttl, bad }) => {
      const records = Array.from({ length: 40 }, (_, i) => `h${i} A 10.0.0.1`);
      const world = makeWorld([
        { apex: '.', at: ['192.0.2.1'] },
        { apex: 'leaf.', at: at2, ttl, records },
      ]);
      const { signed, apex } = world.zone('leaf.');
      const again = (r: RRset): RRset => {
        if (r.signatures.length === 0) return r;
        return signed.sign({ ...r, rdata: r.type === Type.DNSKEY ? [stale.rdata] : r.rdata, signatures: [] }, { key: stale });
      };
      const resigned: Behaviour = (reply, { question }) =>
        isWithin(question.qname, apex) && question.qtype !== Type.DS
          ? { ...reply, answer: reply.answer.map(again), authority: reply.authority.map(again) }
          : undefined;
      const bench = makeBench(world, { behaviours: [at([bad], resigned)] });
      for (let i = 0; i < 40; i++) {
        expect(said(await bench.ask(`h${i}.leaf.`)), `after ${7 * i} s`).toBe('answer secure');
        bench.clock.now += 7;
      }
    },
  );
});

describe('memory', () => {
  test('keys of zones are bounded by their octets, not by the number of zones alone', async () => {
    const zones = Array.from({ length: 200 }, (_, i) => ({ apex: `z${i}.`, at: ['192.0.2.21'], records: ['www A 10.0.0.1'] }));
    const world = makeWorld([{ apex: '.', at: ['192.0.2.1'] }, ...zones]);
    const large = Buffer.concat([Buffer.of(1, 0, 3, 13), Buffer.alloc(60_000)]);
    for (const { apex } of zones) {
      const zone = world.zone(apex);
      zone.put({ owner: zone.apex, type: Type.DNSKEY, class: 1, ttl: 3600, rdata: [zone.signed.key.rdata, large], signatures: [] });
    }
    const bench = makeBench(world);
    for (const { apex } of zones) expect(said(await bench.ask(`www.${apex}`))).toBe('answer secure');
    expect(bench.resolver.figures().entries.keys * large.length).toBeLessThan(10_000_000);
  });
});

describe('what is known already', () => {
  test('a delegation whose servers fail for one name is not lost for the others', async () => {
    const world = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: LEAF_AT, records: ['www A 10.0.0.1', 'mail A 10.0.0.2'] },
    ]);
    const bench = makeBench(world, { behaviours: [on('bad.leaf.', 'A', servfail)] });
    expect(stateOf(await bench.ask('bad.leaf.'))).toBe('indeterminate');
    expect(said(await bench.ask('www.leaf.'))).toBe('answer secure');
    const before = bench.sent.length;
    expect(said(await bench.ask('mail.leaf.'))).toBe('answer secure');
    expect(bench.sent.slice(before).map(({ address }) => address)).not.toContain('192.0.2.1');
    expect(bench.sent.filter(({ address, type }) => address === '192.0.2.1' && type === 'A').length).toBeLessThanOrEqual(1);
  });

  test('an alias answers for no type that stands beside it: NSEC', async () => {
    const fresh = await makeBench(healthy).ask('alias.secure.test.', 'NSEC');
    expect(said(fresh)).toBe('answer secure');
    const bench = makeBench(healthy);
    await bench.ask('alias.secure.test.');
    expect(dataOf(await bench.ask('alias.secure.test.', 'NSEC'))).toEqual(dataOf(fresh));
  });

  test.each([
    'alias',
    'two',
    'tonone',
    'tonodata',
    'x.walias',
    'www.old',
    'host.old',
    'cross',
    'tobogus',
    'tonsec3',
    'www.moved',
    'www.broken',
  ])(
    'a chain out of the cache, its links of different ages: the verdict it had, the least of its ages, nothing sent: %s',
    async (alias) => {
      const bench = makeBench(healthy);
      const name = `${alias}.secure.test.`;
      await bench.ask('www.secure.test.');
      await bench.ask('www.plain.test.');
      bench.clock.now += 20;
      const first = await bench.ask(name);
      const before = bench.sent.length;
      bench.clock.now += 15;
      const second = await bench.ask(name);
      expect([said(second), dataOf(second), second.aliases.length]).toEqual([said(first), dataOf(first), first.aliases.length]);
      expect(bench.sent.length).toBe(before);
      expect(second.expires).toBeLessThanOrEqual(first.expires);
      for (const { ttl } of [...second.answer, ...second.authority]) expect(ttl).toBeGreaterThanOrEqual(second.expires - bench.clock.now);
      expect(second.expires).toBeGreaterThan(bench.clock.now);
    },
  );

  test('what was bogus does not hide what validates once it is over, nor the reverse', async () => {
    const lie = on('www.secure.test.', 'A', (reply) => ({ ...reply, answer: reply.answer.map((r) => ({ ...r, signatures: [] })) }));
    const bench = makeBench(healthy, { behaviours: [lie] });
    expect(stateOf(await bench.ask('www.secure.test.'))).toBe('bogus');
    expect(stateOf(await bench.ask('alias.secure.test.'))).toBe('bogus');
    bench.behave();
    bench.clock.now += 61;
    expect(said(await bench.ask('alias.secure.test.'))).toBe('answer secure');
    bench.behave(lie);
    expect(said(await bench.ask('www.secure.test.'))).toBe('answer secure');
  });
});

describe('the zone of a trust anchor below an unsigned zone', () => {
  const settings = { anchors: [anchorOf(healthy.root), anchorOf(healthy.zone('deep.plain.test.'))] };
  const lie: Behaviour = at(LEAF_AT, (reply, { question }) =>
    textOf(question.qname).endsWith('.plain.test.')
      ? { ...reply, rcode: 0, authority: [], answer: [rrset('plain.test.', 'DNAME', ['secure.test.'])] }
      : undefined,
  );

  test.each(['www.deep.plain.test.', 'x.plain.test.'])(
    'is not made insecure by a DNAME that nobody signed, asked first for %s',
    async (name) => {
      const bench = makeBench(healthy, { behaviours: [lie], settings });
      await bench.ask(name);
      expect(['bogus', 'indeterminate']).toContain(stateOf(await bench.ask('www.deep.plain.test.')));
      bench.behave();
      bench.clock.now += 61;
      expect(said(await bench.ask('www.deep.plain.test.'))).toBe('answer secure');
    },
  );
});

describe('hostile clients', () => {
  test('a domain whose lookups fail is not checked anew for each who asks in the next seconds', async () => {
    const { resolver, sent } = makeBench(healthy, { behaviours: [at(LEAF_AT, silent)] });
    let ms = 0;
    const verdicts = createVerdictCache(() => ms);
    const checkDane = createDaneCheck({ resolver, now: () => NOW });
    let checks = 0;
    const ask = () =>
      verdicts.get('25 secure.test', () => {
        checks++;
        return checkDane(parseName('secure.test.'));
      });
    const first = await ask();
    expect(JSON.parse(first.json)).toMatchObject({ mx: { status: 'indeterminate' } });
    const before = sent.length;
    ms += 3_000;
    await ask();
    expect([checks, sent.length]).toEqual([1, before]);
    ms += 3_000;
    await ask();
    expect(checks).toBe(2);
  });

  test('who forges the address of a client and fills its share over UDP does not silence it: it is told to come over TCP', async () => {
    const never: Answer = () => new Promise(() => {});
    const udp = await startUdp({ address: '127.0.0.1', port: 0 }, never, { maxInFlightPerClient: 2 });
    const socket = createSocket('udp4');
    cleanUp.push(
      () => udp.stop(0),
      () => socket.close(),
    );
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(2_000) });
    for (let id = 1; id <= 3; id++) socket.send(queryOctets({ name: 'slow.example', type: 'A' }, id), udp.port, '127.0.0.1');
    const [octets] = (await reply) as [Buffer];
    expect(readReply(octets)).toMatchObject({ id: 3, rcode: 'NOERROR', tc: true, ad: false, question: 'slow.example A', answer: [] });
    expect(octets.length).toBeLessThanOrEqual(queryOctets({ name: 'slow.example', type: 'A' }, 3).length);
  });

  test('strangers do not take all connections over TCP from those who may ask', async () => {
    const echo: Answer = async (query) => query;
    const options = { maxConnections: 20, mayAsk: (address: string) => address === '127.0.0.1' };
    const tcp = await startTcp({ address: '127.0.0.1', port: 0 }, echo, options);
    cleanUp.push(() => tcp.stop(0));
    const open = async (localAddress: string): Promise<Socket> => {
      const socket = connect({ port: tcp.port, host: '127.0.0.1', localAddress });
      socket.on('error', () => {});
      cleanUp.push(() => socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    for (let i = 0; i < 30; i++) await open('127.0.0.2');
    const query = queryOctets({ name: 'www.example', type: 'A' }, 7);
    const client = await open('127.0.0.1');
    client.write(Buffer.concat([Buffer.of(0, query.length), query]));
    const ended = once(client, 'close').then(() => [Buffer.alloc(0)]);
    const [octets] = (await Promise.race([once(client, 'data'), ended])) as [Buffer];
    expect(octets.length).toBe(query.length + 2);
  });

  test('nor over HTTP: those who may not ask hold few connections, and so few descriptors', async () => {
    const { app } = appFor({}, { access: (address) => address === '127.0.0.1' });
    await app.listen({ host: '127.0.0.1', port: 0 });
    cleanUp.push(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    const held: Socket[] = [];
    for (let i = 0; i < 120; i++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      socket.on('error', () => {});
      cleanUp.push(() => socket.destroy());
      await once(socket, 'connect');
      held.push(socket);
    }
    const health = await fetch(`http://127.0.0.1:${port}/healthz`); // by now all of them were looked at
    expect(health.status).toBe(200);
    const open = await new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));
    expect(open).toBeLessThan(60);
    const [answer] = (await new Promise<[Buffer]>((resolve) => {
      held[0]?.once('data', (octets) => resolve([octets]));
      held[0]?.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    })) as [Buffer];
    expect(answer.toString()).toContain('access-denied');
  });
});
