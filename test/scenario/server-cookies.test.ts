/** DNS cookies towards servers: RFC 7873 §5.1 and §5.3. What the transport refuses by itself is in test/net/cookie.test.ts. */

import { describe, expect, test } from 'vitest';
import { EdnsCode, Rcode } from '../../src/base/registry.ts';
import type { UpstreamOutcome, UpstreamQuery } from '../../src/net/exchange.ts';
import type { Reply } from './authority.ts';
import { type Behaviour, type Bench, makeBench, makeWorld, timeout } from './world.ts';

const LEAF = '192.0.2.30';
const world = makeWorld([
  { apex: '.', at: ['192.0.2.10'], records: [] },
  { apex: 'test.', at: ['192.0.2.20'], records: [] },
  { apex: 'mail.test.', at: [LEAF], records: ['@ A 192.0.2.1', 'a A 192.0.2.2', 'b A 192.0.2.3', 'c A 192.0.2.4'] },
]);

const serverPart = Buffer.from('0102030405060708', 'hex');
const missing: UpstreamOutcome = { outcome: 'cookie-missing' };

interface Seen {
  readonly transport: string;
  readonly client: Uint8Array | undefined;
  readonly server: Uint8Array | undefined;
}

/** Notes what the leaf's server was sent, and lets `say` answer for it. */
function watched(say: (reply: Reply, query: UpstreamQuery, nth: number) => Reply | UpstreamOutcome): { bench: Bench; seen: Seen[] } {
  const seen: Seen[] = [];
  const behaviour: Behaviour = (reply, query) => {
    if (query.server.address !== LEAF) return undefined;
    seen.push({ transport: query.transport, client: query.cookie?.client, server: query.cookie?.server });
    return say(reply, query, seen.length);
  };
  return { bench: makeBench(world, { behaviours: [behaviour] }), seen };
}

const withCookie = (reply: Reply, { cookie }: UpstreamQuery, part = serverPart): Reply =>
  cookie ? { ...reply, options: [{ code: EdnsCode.COOKIE, data: Buffer.concat([cookie.client, part]) }] } : reply;

const empty = { answer: [], authority: [], additional: [] };

describe('a server that gives cookies', () => {
  test('is sent a client cookie of its own, then what it gave', async () => {
    const { bench, seen } = watched((reply, query) => withCookie(reply, query));
    expect((await bench.ask('a.mail.test.')).validation.state).toBe('secure');
    await bench.ask('b.mail.test.');
    expect(seen[0]?.client).toHaveLength(8);
    expect(seen[0]?.server).toBeUndefined();
    expect(seen.length).toBeGreaterThan(1);
    for (const { client, server } of seen.slice(1)) {
      expect(client).toEqual(seen[0]?.client);
      expect(Buffer.from(server ?? [])).toEqual(serverPart);
    }
  });

  test('which changes them is sent the new ones', async () => {
    const { bench, seen } = watched((reply, query, nth) => withCookie(reply, query, Buffer.alloc(16, nth)));
    await bench.ask('a.mail.test.');
    await bench.ask('b.mail.test.');
    expect(seen.at(-1)?.server).toEqual(Uint8Array.from(Buffer.alloc(16, seen.length - 1)));
  });

  test('and says BADCOOKIE is asked once more with the new one, and answers', async () => {
    const { bench, seen } = watched((reply, query) =>
      query.cookie?.server ? withCookie(reply, query) : withCookie({ ...reply, ...empty, rcode: Rcode.BADCOOKIE }, query),
    );
    expect((await bench.ask('a.mail.test.')).validation.state).toBe('secure');
    expect(seen.map(({ transport }) => transport)).not.toContain('tcp');
    expect(seen[0]?.server).toBeUndefined();
    expect(seen[1]?.server).toBeDefined();
  });

  test('and says BADCOOKIE again and again is asked over TCP', async () => {
    const { bench, seen } = watched((reply, query) =>
      query.transport === 'tcp' ? withCookie(reply, query) : withCookie({ ...reply, ...empty, rcode: Rcode.BADCOOKIE }, query),
    );
    expect((await bench.ask('a.mail.test.')).validation.state).toBe('secure');
    expect(seen.slice(0, 3).map(({ transport }) => transport)).toEqual(['udp', 'udp', 'tcp']);
  });

  test('has another client cookie after an hour', async () => {
    const { bench, seen } = watched((reply, query) => withCookie(reply, query));
    await bench.ask('a.mail.test.');
    const first = seen[0]?.client;
    for (let quarter = 0; quarter < 5; quarter++) {
      bench.clock.now += 899;
      await bench.ask(`no${quarter}.mail.test.`);
    }
    expect(seen.some(({ client, server }) => server === undefined && client && !Buffer.from(client).equals(first ?? Buffer.of()))).toBe(
      true,
    );
  });
});

describe('a reply over UDP without the cookie that was given before', () => {
  test('leads to TCP; a server that then gives none is sent none', async () => {
    let cookies = true;
    const { bench, seen } = watched((reply, query) => {
      if (cookies) return withCookie(reply, query);
      return query.transport === 'udp' && query.cookie?.server ? missing : reply;
    });
    await bench.ask('a.mail.test.');
    cookies = false;
    const before = seen.length;
    expect((await bench.ask('b.mail.test.')).validation.state).toBe('secure');
    expect(seen.slice(before).map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
    expect((await bench.ask('c.mail.test.')).validation.state).toBe('secure');
    expect(seen.at(-1)).toEqual({ transport: 'udp', client: undefined, server: undefined });
  });

  test('where TCP does not get through either: no verdict now, and the next question goes without', async () => {
    let cookies = true;
    const { bench, seen } = watched((reply, query) => {
      if (cookies) return withCookie(reply, query);
      if (query.transport === 'tcp') return timeout;
      return query.cookie?.server ? missing : reply;
    });
    await bench.ask('a.mail.test.');
    cookies = false;
    await bench.ask('b.mail.test.');
    expect((await bench.ask('c.mail.test.')).validation.state).toBe('secure');
    expect(seen.at(-1)?.client).toBeUndefined();
  });
});

describe('a server that knows no cookies', () => {
  test('is sent no more of them once it has answered without', async () => {
    const { bench, seen } = watched((reply) => reply);
    await bench.ask('a.mail.test.');
    await bench.ask('b.mail.test.');
    expect(seen[0]?.client).toBeDefined();
    expect(seen.slice(1).every(({ client }) => client === undefined)).toBe(true);
  });

  const codes = ['FORMERR', 'NOTIMP', 'REFUSED', 'SERVFAIL', 'BADVERS'] as const;
  test.each(codes.flatMap((code) => [[code, true] as const, [code, false] as const]))(
    'and says %s, with OPT %s, is asked without, with EDNS still, each time it is met',
    async (code, edns) => {
      const { bench, seen } = watched((reply, query) => (query.cookie ? { ...reply, ...empty, rcode: Rcode[code], edns } : reply));
      for (const name of ['a', 'b', 'c']) {
        expect((await bench.ask(`${name}.mail.test.`)).validation.state).toBe('secure');
        bench.clock.now += 4_000;
      }
      expect(seen[1]).toEqual({ transport: 'udp', client: undefined, server: undefined });
    },
  );

  test('and sends the option back as it came is a server without', async () => {
    const { bench, seen } = watched((reply, { cookie }) => ({
      ...reply,
      options: cookie ? [{ code: EdnsCode.COOKIE, data: cookie.client }] : [],
    }));
    expect((await bench.ask('a.mail.test.')).validation.state).toBe('secure');
    await bench.ask('b.mail.test.');
    expect(seen.slice(1).every(({ client }) => client === undefined)).toBe(true);
  });

  test('and sends what is no cookie, over TCP too, is asked without', async () => {
    const { bench, seen } = watched((reply, { cookie, transport }) => {
      if (!cookie) return reply;
      return transport === 'udp' ? { outcome: 'timeout', nearMisses: 1 } : { outcome: 'malformed', fault: 'mismatch' };
    });
    expect((await bench.ask('a.mail.test.')).validation.state).toBe('secure');
    await bench.ask('b.mail.test.');
    expect(seen.at(-1)).toEqual({ transport: 'udp', client: undefined, server: undefined });
  });

  test('and is silent is asked without', async () => {
    const { bench, seen } = watched((reply, query) => (query.cookie ? timeout : reply));
    expect((await bench.ask('a.mail.test.')).validation.state).toBe('secure');
    expect(seen[1]?.client).toBeUndefined();
    const before = seen.length;
    expect((await bench.ask('b.mail.test.')).validation.state).toBe('secure');
    expect(seen.slice(before).every(({ client }) => client === undefined)).toBe(true); // it does not cost a wait each time
  });

  test('any more, and is silent to them since, is asked without after two silences', async () => {
    let knows = true;
    const { bench, seen } = watched((reply, query) => (knows ? withCookie(reply, query) : query.cookie ? timeout : reply));
    expect((await bench.ask('a.mail.test.')).validation.state).toBe('secure');
    knows = false;
    await bench.ask('b.mail.test.');
    expect((await bench.ask('c.mail.test.')).validation.state).toBe('secure');
    const before = seen.length;
    expect((await bench.ask('no.mail.test.')).validation.state).toBe('secure');
    expect(seen.slice(before).every(({ client }) => client === undefined)).toBe(true);
  });
});

test('without cookies in the settings none are sent', async () => {
  const seen: unknown[] = [];
  const behaviour: Behaviour = (_, query) => void seen.push(query.cookie);
  const bench = makeBench(world, { behaviours: [behaviour], settings: { cookies: false } });
  await bench.ask('a.mail.test.');
  expect(new Set(seen)).toEqual(new Set([undefined]));
});
