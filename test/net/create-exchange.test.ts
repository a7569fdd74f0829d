import { afterEach, describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { isLocalFault } from '../../src/net/attempt.ts';
import { createExchange, type ExchangeDeps } from '../../src/net/create-exchange.ts';
import type { UpstreamQuery } from '../../src/net/exchange.ts';
import { addressReply, framed, nobody, tcpServer, udpServer } from './servers.ts';

const LONG_MS = 10_000;
const question = { qname: parseName('mail.example.org'), qtype: Type.A, qclass: Class.IN };
const base: Omit<UpstreamQuery, 'server' | 'transport'> = {
  question,
  edns: true,
  recursionDesired: false,
  caseRandomisation: true,
  timeoutMs: LONG_MS,
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function makeExchange(deps?: ExchangeDeps) {
  const exchange = createExchange(deps);
  closers.push(exchange.close);
  return exchange;
}

function deferred() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** A server that keeps its replies until told, and tells when it was asked `count` times. */
async function heldServer(count: number) {
  const asked = deferred();
  const held: (() => void)[] = [];
  const server = await udpServer((query, send) => {
    held.push(() => send(addressReply(query)));
    if (held.length === count) asked.resolve();
  });
  closers.push(server.close);
  const release = () => {
    for (const reply of held.splice(0)) reply();
  };
  return { server, asked: asked.promise, release, held };
}

describe('transports', () => {
  test('each query goes over the one it names', async () => {
    const udp = await udpServer((query, send) => send(addressReply(query)));
    const tcp = await tcpServer((query, socket) => socket.write(framed(addressReply(query))));
    closers.push(udp.close, tcp.close);
    const exchange = makeExchange();
    expect(await exchange({ ...base, server: udp, transport: 'udp' })).toMatchObject({ outcome: 'response' });
    expect(await exchange({ ...base, server: tcp, transport: 'tcp' })).toMatchObject({ outcome: 'response' });
    expect([udp.queries.length, tcp.queries.length]).toEqual([1, 1]);
  });
});

describe('sockets at once', () => {
  test('are bounded; who waits gets the next place in turn', async () => {
    const { server, asked, release, held } = await heldServer(2);
    const exchange = makeExchange({ maxSockets: 2 });
    const outcomes = Array.from({ length: 4 }, () => exchange({ ...base, server, transport: 'udp' }));
    await asked;
    expect(held).toHaveLength(2);
    const second = deferred();
    const poll = setInterval(() => {
      release();
      if (server.queries.length === 4) second.resolve();
    }, 5);
    await second.promise;
    expect((await Promise.all(outcomes)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('response'));
    clearInterval(poll);
  });

  test('a place that never comes is our fault, not the server’s', async () => {
    const { server, asked } = await heldServer(1);
    const exchange = makeExchange({ maxSockets: 1 });
    const first = exchange({ ...base, server, transport: 'udp' });
    await asked;
    const second = await exchange({ ...base, server, transport: 'tcp', timeoutMs: 50 });
    expect(second).toEqual({ outcome: 'unreachable', code: 'EBUSY' });
    expect(isLocalFault('EBUSY')).toBe(true);
    exchange.close();
    await first;
  });

  test('a full queue refuses at once', async () => {
    const { server, asked } = await heldServer(1);
    const exchange = makeExchange({ maxSockets: 1, maxWaiting: 1 });
    const query = { ...base, server, transport: 'udp' } as const;
    const held = [exchange(query), exchange(query)];
    await asked;
    expect(await exchange(query)).toEqual({ outcome: 'unreachable', code: 'EBUSY' });
    exchange.close();
    await Promise.all(held);
  });

  test('after many queries no place is lost', async () => {
    const exchange = makeExchange({ maxSockets: 3 });
    const query = { ...base, server: nobody, transport: 'udp' } as const;
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => exchange(query)));
    const tally: Record<string, number> = {};
    for (const outcome of outcomes) {
      const key = outcome.outcome === 'unreachable' ? outcome.code : outcome.outcome;
      tally[key] = (tally[key] ?? 0) + 1;
    }
    expect(tally).toEqual({ ECONNREFUSED: 200 });
  });
});

describe('close', () => {
  test('ends what is under way and what waits, and refuses what comes after', async () => {
    const { server, asked } = await heldServer(1);
    const silent = await tcpServer(() => {});
    closers.push(silent.close);
    const exchange = makeExchange({ maxSockets: 2 });
    const pending = [
      exchange({ ...base, server, transport: 'udp' }),
      exchange({ ...base, server: silent, transport: 'tcp' }),
      exchange({ ...base, server, transport: 'udp' }),
    ];
    await asked;
    exchange.close();
    const codes = (await Promise.all(pending)).map((outcome) => (outcome.outcome === 'unreachable' ? outcome.code : outcome.outcome));
    expect(codes).toEqual(['ECANCELED', 'ECANCELED', 'ECANCELED']);
    expect(await exchange({ ...base, server, transport: 'udp' })).toEqual({ outcome: 'unreachable', code: 'ECANCELED' });
  });
});

test.each([
  { code: 'ECONNREFUSED', local: false },
  { code: 'ENETUNREACH', local: false },
  { code: 'EHOSTUNREACH', local: false },
  { code: 'EADDRNOTAVAIL', local: false }, // no IPv6 here: that server cannot be reached from here
  { code: 'EMFILE', local: true },
  { code: 'ECANCELED', local: true },
])('$code is a local fault: $local', ({ code, local }) => {
  expect(isLocalFault(code)).toBe(local);
});
